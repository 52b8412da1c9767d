# The server as an image. The jar comes from `mvn package`:
#
#     mvn package && docker build -t keepgate .
#
# Nothing is installed or downloaded here beyond the base images.

FROM eclipse-temurin:25-jdk AS layers
WORKDIR /build
ARG JAR=target/keepgate-*.jar
COPY ${JAR} keepgate.jar
RUN java -Djarmode=tools -jar keepgate.jar extract --layers --destination layers

# JavaCPP and JNA unpack their libraries when they are first used: 400 MB, into a folder that has to
# be writable and executable. A container with a read-only root has only /tmp, which is memory, and
# which Docker mounts noexec. So the libraries are unpacked here, into one folder, and the jars that
# held them are left out.
# OpenBLAS: JavaCPP would copy libopenblas.so.0 to a second name, where the linker looks for it.
# Under that second name alone it is found as it is, and its soname answers for the first.
RUN set -eu; \
    machine=$(uname -m); \
    mkdir unpacked natives; \
    case $machine in \
      x86_64) javacpp=linux-x86_64; jna=linux-x86-64 ;; \
      aarch64) javacpp=linux-arm64; jna=linux-aarch64 ;; \
      *) echo "no libraries for $machine" >&2; exit 1 ;; \
    esac; \
    for jar in layers/dependencies/lib/*-"$javacpp".jar; do \
      [ -f "$jar" ] || { echo "the jar was built for another platform than $javacpp" >&2; exit 1; }; \
      (cd unpacked && jar --extract --file "../$jar"); \
      rm "$jar"; \
    done; \
    find unpacked -name '*.so*' -exec mv -t natives {} +; \
    mv natives/libopenblas.so.0 natives/libopenblas_nolapack.so.0; \
    rm -rf unpacked; \
    (cd natives && jar --extract --file "$(echo ../layers/dependencies/lib/jna-[0-9]*.jar)" \
      "com/sun/jna/$jna/libjnidispatch.so" && mv "com/sun/jna/$jna/libjnidispatch.so" . && rm -r com); \
    chmod 0644 natives/*

FROM eclipse-temurin:25-jre
LABEL org.opencontainers.image.title="Keepgate" \
      org.opencontainers.image.description="An LSTM inference server" \
      org.opencontainers.image.licenses="Apache-2.0"

# The number, not the name, is what Kubernetes can check to be no root.
RUN groupadd --gid 10001 keepgate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin keepgate \
    && install --directory --owner=10001 --group=10001 /models

WORKDIR /keepgate
COPY --from=layers /build/natives/ natives/
COPY --from=layers /build/layers/dependencies/ ./
COPY --from=layers /build/layers/spring-boot-loader/ ./
COPY --from=layers /build/layers/snapshot-dependencies/ ./
COPY src/main/docker/healthcheck src/main/docker/jvm.flags src/main/docker/java.options ./
COPY --from=layers /build/layers/application/ ./

# Class data for a warm start (JEP 514), written by a start that ends once the server is up. Where it
# does not fit, as under another collector, the JVM starts without it.
RUN java @java.options -XX:AOTCacheOutput=keepgate.aot -Dspring.context.exit=onRefresh \
        -jar /keepgate/keepgate.jar --server.port=0 --management.server.port=0 \
        --keepgate.repository.path=/tmp/models \
    && chmod 0644 keepgate.aot && rm -rf /tmp/*

# Health and metrics have a port and threads of their own: they answer while the server is full, and
# who reaches the models does not reach them.
# Callers are asked for keys. The first start makes one, in /models/.security/first-key; read it by
# `docker exec <container> cat /models/.security/first-key`. KEEPGATE_SECURITY_OPEN=true asks nobody.
ENV KEEPGATE_REPOSITORY_PATH=/models MANAGEMENT_SERVER_PORT=8081 \
    KEEPGATE_SECURITY_KEYS_FILE=/models/.security/keys.yml KEEPGATE_SECURITY_CREATE_KEYS_FILE=true
USER 10001:10001
VOLUME /models
# HTTP, health and metrics, and gRPC.
EXPOSE 8080 8081 9090

# Docker's word for ready: the models of the start are loaded.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 \
    CMD ["bash", "/keepgate/healthcheck"]

# Java is process 1 and gets SIGTERM itself. jvm.flags has the defaults that JAVA_TOOL_OPTIONS may
# overrule; what java.options has it may not.
ENTRYPOINT ["java", "@/keepgate/java.options", "-XX:AOTCache=/keepgate/keepgate.aot", "-jar", "/keepgate/keepgate.jar"]
