#!/bin/bash
# As Kafka's own: runs a class of Kafka's.
exec java ${KAFKA_HEAP_OPTS:--Xms256m -Xmx512m} -XX:+UseSerialGC ${KAFKA_OPTS:-} \
  -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.showThreadName=false -cp "/opt/kafka/libs/*" "$@"
