#!/bin/bash
# As Kafka's own: runs a class of Kafka's.
exec java ${KAFKA_HEAP_OPTS:--Xms256m -Xmx512m} -XX:+UseSerialGC ${KAFKA_OPTS:-} \
  -Dlog4j2.configurationFile=/etc/kafka/docker/log4j2.properties -cp "/opt/kafka/libs/*" "$@"
