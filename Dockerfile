# Every image of Faultline: docker build --build-arg SERVICE=dm-service --tag faultline/dm-service .
# SERVICE is device-service, dm-service, fs-service, notifier-service or deployment (the front door,
# and what sets up secrets and Kafka).
#
# Any JDK 25 image with a shell builds it. What runs needs neither a shell nor a package manager:
# glibc, libstdc++ (RocksDB) and CA certificates. Without a registry: deploy/local/images makes both.
ARG BUILD_IMAGE=eclipse-temurin:25-jdk
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12

FROM ${BUILD_IMAGE} AS build
# Only what the services use of Java, with its class data archive.
RUN jlink --output /opt/java \
      --add-modules java.se,jdk.unsupported,jdk.management,jdk.net,jdk.naming.dns,jdk.crypto.ec,jdk.zipfs,jdk.jfr \
      --strip-java-debug-attributes --no-header-files --no-man-pages --compress zip-6 --generate-cds-archive
WORKDIR /src
COPY . .
# "build" compiles here. "context" takes the jars that lie in */target, made before by
# ./mvnw package -DskipTests -Dimage.skip=false
ARG JARS=build
RUN if [ "$JARS" = build ]; then \
      rm -rf */target && \
      ./mvnw -B -ntp -q package -DskipTests -Dformat.skip=true -Dimage.skip=false \
        -pl device-service,dm-service,fs-service,notifier-service,deployment -am; \
    fi
ARG SERVICE
RUN set -eu; \
    java -Djarmode=tools -jar "$SERVICE"/target/"$SERVICE"-*-exec.jar extract --layers \
      --application-filename app.jar --destination /image; \
    # A health check that loads one class, and a RocksDB that need not unpack itself at each start.
    mkdir -p /image/dependencies /image/snapshot-dependencies /image/application; \
    mkdir -p /image/beside/native /image/var/state /image/var/slice; \
    for owner in kafka kafka-users device-service dm-service fs-service notifier-service tokens admin \
        prometheus grafana demo; do \
      mkdir -p "/image/var/secrets/$owner"; \
    done; \
    cd /image/beside; \
    jar xf "$(ls /image/*/lib/layer-runtime-*.jar)" \
      io/faultline/runtime/health/HealthCheck.class; \
    cd native; \
    jar xf "$(ls /image/*/lib/rocksdbjni-*.jar)" \
      "librocksdbjni-linux$(case "$(uname -m)" in aarch64) echo -aarch64 ;; *) echo 64 ;; esac).so"; \
    cd ..; \
    { echo "-XX:+UseSerialGC"; \
      echo "-XX:MaxRAMPercentage=60"; \
      echo "-XX:+ExitOnOutOfMemoryError"; \
      echo "--enable-native-access=ALL-UNNAMED"; \
      echo "--sun-misc-unsafe-memory-access=allow"; \
      echo "-Djava.library.path=/app/native"; \
      # Another instance of a name must be found soon after one is gone.
      echo "-Dsun.net.inetaddr.ttl=2"; \
      echo "-Dsun.net.inetaddr.negative.ttl=1"; } > java.options; \
    cp java.options train.options; \
    echo "-XX:AOTCache=/app/app.aot" >> java.options; \
    { echo "-XX:AOTCacheOutput=/app/app.aot"; echo "-Xlog:disable"; echo "-Xlog:all=error"; echo "-Dspring.context.exit=onRefresh"; } >> train.options

FROM ${RUNTIME_IMAGE}
USER 0
COPY --from=build /opt/java /opt/java
COPY --from=build /image/dependencies/ /app/
COPY --from=build /image/snapshot-dependencies/ /app/
COPY --from=build /image/application/ /app/
COPY --from=build /image/beside/ /app/
COPY --from=build --chown=10001:10001 /image/var/ /var/lib/faultline/
WORKDIR /var/lib/faultline
# A start as far as the beans and no further: what was loaded and linked for it comes from the cache
# in every later start. It has to be made with the very jars that it is for, so here.
RUN ["/opt/java/bin/java", "@/app/train.options", "-Dfaultline.slice-dir=/tmp/train/slice", "-Dfaultline.state-dir=/tmp/train/state", "-jar", "/app/app.jar"]
ENV FAULTLINE_SLICE_DIR=/var/lib/faultline/slice \
    FAULTLINE_STATE_DIR=/var/lib/faultline/state
USER 10001:10001
HEALTHCHECK --interval=15s --timeout=10s --start-period=300s --retries=6 \
  CMD ["/opt/java/bin/java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx16m", "-cp", "/app", "io.faultline.runtime.health.HealthCheck"]
ENTRYPOINT ["/opt/java/bin/java", "@/app/java.options", "-jar", "/app/app.jar"]
