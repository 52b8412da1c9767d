# The server as an image. The jar comes from `mvn package`:
#
#     mvn package && docker build -t keepgate .
#
# Nothing is installed or downloaded here beyond the base images. For a GPU (src/docs/gpu.md):
#
#     mvn -Pcuda package
#     docker build -t keepgate-cuda --build-arg BASE=nvidia/cuda:11.6.2-runtime-ubuntu20.04 .
#
# With what reads and writes topics of Kafka:
#
#     mvn -Pstreams package
#     docker build -t keepgate:streams --build-arg JAR='target/keepgate-*-streams.jar' .

# What a layer is made of has the time below, so that equal files make equal layers, whenever and
# wherever they are built: of a new release only the application and its class data are pulled.
ARG BASE=debian:bookworm-slim

FROM eclipse-temurin:25-jdk AS layers
WORKDIR /build

# The modules that the server's classes name (jdeps), and what operators look into it by. Kafka's
# clients that log in by Kerberos name jdk.security.auth in their settings.
RUN jlink --add-modules java.compiler,java.desktop,java.instrument,java.naming,java.net.http,java.prefs,java.scripting,java.security.jgss,java.security.sasl,java.sql,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.security.auth,jdk.unsupported \
        --strip-debug --no-header-files --no-man-pages --compress=zip-6 --output runtime/opt/java \
    && find runtime -exec touch --no-dereference --date=@0 {} +

# Not the one that ends in -streams, which may lie beside it.
ARG JAR=target/keepgate-*[^s].jar
COPY ${JAR} keepgate.jar
RUN java -Djarmode=tools -jar keepgate.jar extract --layers --destination layers

# JavaCPP and JNA unpack their libraries when they are first used: 400 MB, into a folder that has to
# be writable and executable. A container with a read-only root has only /tmp, which is memory, and
# which Docker mounts noexec. So the libraries are unpacked here, into one folder, and the jars that
# held them are left out, with names for debuggers, and with a binding that nothing loads.
# OpenBLAS: JavaCPP would copy libopenblas.so.0 to a second name, where the linker looks for it.
# Under that second name alone it is found as it is, and its soname answers for the first.
COPY src/main/docker/healthcheck src/main/docker/train src/main/docker/jvm.flags src/main/docker/java.options ./
RUN set -eu; \
    machine=$(uname -m); \
    case $machine in \
      x86_64) javacpp=linux-x86_64; jna=linux-x86-64 ;; \
      aarch64) javacpp=linux-arm64; jna=linux-aarch64 ;; \
      *) echo "no libraries for $machine" >&2; exit 1 ;; \
    esac; \
    mkdir -p unpacked natives/keepgate/natives libraries/keepgate application/keepgate models/models; \
    for jar in layers/dependencies/lib/*-"$javacpp".jar; do \
      [ -f "$jar" ] || { echo "the jar was built for another platform than $javacpp" >&2; exit 1; }; \
      (cd unpacked && jar --extract --file "../$jar"); \
      rm "$jar"; \
    done; \
    find unpacked -name '*.so*' ! -name libjniopenblas_full.so -exec mv -t natives/keepgate/natives {} +; \
    (cd unpacked && jar --extract --file "$(echo ../layers/dependencies/lib/jna-[0-9]*.jar)" \
      "com/sun/jna/$jna/libjnidispatch.so" && mv "com/sun/jna/$jna/libjnidispatch.so" ../natives/keepgate/natives); \
    cd natives/keepgate/natives; \
    mv libopenblas.so.0 libopenblas_nolapack.so.0; \
    strip --strip-unneeded ./*; \
    chmod 0644 ./*; \
    cd /build; \
    rm layers/dependencies/lib/spring-boot-jarmode-tools-*.jar; \
    mv layers/dependencies/lib libraries/keepgate/lib; \
    cp -r layers/spring-boot-loader/. layers/snapshot-dependencies/. layers/application/. \
      healthcheck train jvm.flags java.options application/keepgate; \
    jar --extract --file keepgate.jar META-INF/sbom/application.cdx.json; \
    [ -e META-INF/sbom/application.cdx.json ] \
      || { echo "the jar has no list of its libraries, as where it was packaged by mvn -o" >&2; exit 1; }; \
    mv META-INF/sbom/application.cdx.json application/keepgate; \
    find natives libraries application models -exec touch --no-dereference --date=@0 {} +

# What reads topics has its libraries for every platform in its jars, which would unpack them likewise:
# 70 MB of RocksDB's. Where the jar has them.
RUN set -eu; \
    cd libraries/keepgate/lib; \
    [ -e "$(echo rocksdbjni-*.jar)" ] || exit 0; \
    case $(uname -m) in \
      x86_64) rocksdb=linux64 zstd=amd64 snappy=x86_64 ;; \
      aarch64) rocksdb=linux-aarch64 zstd=aarch64 snappy=aarch64 ;; \
    esac; \
    natives=/build/natives/keepgate/natives; \
    for jar in rocksdbjni-*.jar zstd-jni-*.jar snappy-java-*.jar; do \
      mkdir /build/jar; \
      (cd /build/jar && jar --extract --file "$OLDPWD/$jar"); \
      case $jar in \
        rocksdbjni-*) mv "/build/jar/librocksdbjni-$rocksdb.so" "$natives/librocksdbjni.so" ;; \
        zstd-jni-*) mv "/build/jar/linux/$zstd"/libzstd-jni-*.so "$natives" ;; \
        snappy-java-*) mv "/build/jar/org/xerial/snappy/native/Linux/$snappy/libsnappyjava.so" "$natives" ;; \
      esac; \
      (cd /build/jar \
        && find . -type f ! -name '*.so' ! -name '*.dll' ! -name '*.dylib' ! -name '*.jnilib' ! -name '*.a' \
          | LC_ALL=C sort >../entries \
        && jar --create --no-manifest --date 1980-01-01T00:00:02Z --file "$OLDPWD/$jar" @../entries); \
      rm -r /build/jar; \
    done; \
    (cd /build && jar --extract --file "$(echo libraries/keepgate/lib/lz4-java-*.jar)" \
      "net/jpountz/util/linux/$zstd/liblz4-java.so" && mv "net/jpountz/util/linux/$zstd/liblz4-java.so" "$natives"); \
    (cd "$natives" && strip --strip-unneeded librocksdbjni.so libzstd-jni-*.so libsnappyjava.so liblz4-java.so \
      && chmod 0644 ./*); \
    find /build/natives /build/libraries -exec touch --no-dereference --date=@0 {} +

FROM ${BASE}
COPY --from=layers /build/runtime/ /
COPY --from=layers /build/natives/ /
COPY --from=layers /build/libraries/ /
# The number, not a name, is what Kubernetes can check to be no root.
COPY --from=layers --chown=10001:10001 /build/models/ /
COPY --from=layers /build/application/ /
WORKDIR /keepgate
ENV JAVA_HOME=/opt/java PATH=/opt/java/bin:$PATH LANG=C.UTF-8 HOME=/tmp

# Class data and profiles for a warm start (JEP 514, 515), of a server that was asked for some thousand
# steps. Where they do not fit, as under another collector, the JVM starts without them. Of a server
# that computes on a GPU there are none, as it does not start where there is no card.
RUN set -eu; \
    if [ -e natives/libjnind4jcuda.so ]; then touch aot.options; exit; fi; \
    bash train; \
    echo -XX:AOTCache=/keepgate/keepgate.aot >aot.options; \
    rm -rf /tmp/*

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
ENTRYPOINT ["java", "@/keepgate/java.options", "@/keepgate/aot.options", "-jar", "/keepgate/keepgate.jar"]

# What changes with every build comes last.
ARG VERSION=unversioned
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Keepgate" \
      org.opencontainers.image.description="An inference server for recurrent models" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION
