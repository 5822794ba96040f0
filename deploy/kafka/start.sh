#!/bin/bash
# Starts the broker of docker-compose.yml in an apache/kafka image: one node, SASL for everybody.
#
#   CLIENT      every interface, SCRAM-SHA-512: the services, each with its own name and rights
#   INTERNAL    this container only, the broker's own name: the broker itself and the setup
#   CONTROLLER  this container only
#
# The one password comes from a file and goes to a file in memory; no process is told it by its
# arguments or environment.
set -euo pipefail
umask 077
config=/tmp/server.properties
password=$(cat /run/faultline/kafka/broker-password)
plain="org.apache.kafka.common.security.plain.PlainLoginModule required username=\"broker\" password=\"$password\" user_broker=\"$password\";"

cat > "$config" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
listeners=CLIENT://0.0.0.0:9092,INTERNAL://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093
advertised.listeners=CLIENT://kafka:9092,INTERNAL://127.0.0.1:9094
listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=INTERNAL
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.client.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.internal.sasl.enabled.mechanisms=PLAIN
listener.name.internal.plain.sasl.jaas.config=$plain
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=$plain
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:broker
auto.create.topics.enable=false
message.max.bytes=16777216
log.dirs=/var/lib/kafka/data
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
offsets.retention.minutes=525600
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
add.partitions.to.txn.retry.backoff.ms=1
log.segment.bytes=67108864
PROPERTIES

# A cluster id is no secret; it is the same in every start because the data has it from the first.
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id "$CLUSTER_ID" --config "$config"
exec /opt/kafka/bin/kafka-server-start.sh "$config"
