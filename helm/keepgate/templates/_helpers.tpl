{{- define "keepgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "keepgate.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "keepgate.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "keepgate.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "keepgate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "keepgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "keepgate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "keepgate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "keepgate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "keepgate.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* True where only one pod at a time can hold the models' volume. An existing claim is believed
     to have the access modes that the values name. */}}
{{- define "keepgate.oneWriter" -}}
{{- if and .Values.persistence.enabled (not (has "ReadWriteMany" .Values.persistence.accessModes)) -}}
true
{{- end }}
{{- end }}

{{/* The image of the values, or that with Kafka, or the GPU's. */}}
{{- define "keepgate.image" -}}
{{- $image := .Values.image }}
{{- $gpu := .Values.gpu.image }}
{{- if .Values.streams.enabled }}
{{- $streams := .Values.streams.image }}
{{- $tag := printf "%s-streams" (default .Chart.AppVersion $image.tag) }}
{{- $image = dict "repository" (default $image.repository $streams.repository) "tag" (default (empty $streams.digest | ternary $tag "") $streams.tag) "digest" $streams.digest }}
{{- else if and .Values.gpu.enabled (or $gpu.repository $gpu.tag $gpu.digest) }}
{{- $image = dict "repository" (default $image.repository $gpu.repository) "tag" (default $image.tag $gpu.tag) "digest" $gpu.digest }}
{{- end }}
{{- if not $image.repository }}
{{- fail "image.repository is empty, and no public registry has the image: build it, push it to a registry of yours, and name that, such as --set image.repository=registry.example.org/keepgate" }}
{{- end }}
{{- $image.repository }}
{{- if or $image.tag (not $image.digest) }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* The Secret with the keys; empty where there are none. */}}
{{- define "keepgate.keys" -}}
{{- if not .Values.security.open }}
{{- if .Values.keys.existingSecret }}
{{- .Values.keys.existingSecret }}
{{- else if .Values.keys.create }}
{{- include "keepgate.fullname" . }}-keys
{{- end }}
{{- end }}
{{- end }}

{{/* The Secret's entry with the key that may observe; empty where there is none. */}}
{{- define "keepgate.observer" -}}
{{- if include "keepgate.keys" . }}
{{- $names := list }}
{{- range .Values.keys.create }}{{ $names = append $names .name }}{{ end }}
{{- if or .Values.keys.existingSecret (has .Values.keys.observer $names) }}
{{- .Values.keys.observer }}
{{- end }}
{{- end }}
{{- end }}

{{- define "keepgate.scheme" -}}
{{ if .Values.tls.existingSecret }}https{{ else }}http{{ end }}
{{- end }}

{{/* A probe, of the list of the root, its values and the path of health. */}}
{{- define "keepgate.probe" -}}
{{- $root := index . 0 }}
{{- $probe := deepCopy (index . 1) }}
{{- if not (or $probe.httpGet $probe.tcpSocket $probe.grpc $probe.exec) }}
{{- $_ := set $probe "httpGet" (dict "path" (index . 2) "port" "management" "scheme" (include "keepgate.scheme" $root | upper)) }}
{{- end }}
{{- toYaml $probe }}
{{- end }}

{{/* Labels of the pod of `helm test`, which no service is to select. */}}
{{- define "keepgate.testLabels" -}}
app.kubernetes.io/name: {{ include "keepgate.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* An ingress, of the list of the root, its values, a suffix of its name, and the service's port. */}}
{{- define "keepgate.ingress" -}}
{{- $root := index . 0 }}
{{- $ingress := index . 1 }}
{{- $port := index . 3 }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "keepgate.fullname" $root }}{{ index . 2 }}
  labels:
    {{- include "keepgate.labels" $root | nindent 4 }}
  {{- with $ingress.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $ingress.tls }}
  tls:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range $ingress.hosts }}
    - host: {{ .host | quote }}
      http:
        paths:
          {{- range .paths }}
          - path: {{ .path }}
            pathType: {{ .pathType }}
            backend:
              service:
                name: {{ include "keepgate.fullname" $root }}
                port:
                  name: {{ $port }}
          {{- end }}
    {{- end }}
{{- end }}

{{/* What the other values make of the settings; `config` may say otherwise. */}}
{{- define "keepgate.settings" -}}
{{- $redis := include "keepgate.redis" . | fromYaml }}
{{- $tls := include "keepgate.tls" . | fromYaml }}
{{- $streams := include "keepgate.streams" . | fromYaml }}
{{- mergeOverwrite $redis $tls $streams (deepCopy .Values.config) | toYaml }}
{{- end }}

{{- define "keepgate.tls" -}}
{{- if .Values.tls.existingSecret -}}
spring:
  ssl:
    bundle:
      pem:
        keepgate:
          reload-on-update: true
          keystore:
            certificate: file:/keepgate/tls/tls.crt
            private-key: file:/keepgate/tls/tls.key
  grpc:
    server:
      ssl:
        bundle: keepgate
server:
  ssl:
    bundle: keepgate
management:
  server:
    ssl:
      bundle: keepgate
{{- end }}
{{- end }}

{{- define "keepgate.redis" -}}
{{- with .Values.redis }}
{{- if .host -}}
spring:
  data:
    redis:
      host: {{ .host | quote }}
      port: {{ .port }}
      {{- with .username }}
      username: {{ . | quote }}
      {{- end }}
      {{- if .tls }}
      ssl:
        enabled: true
      {{- end }}
keepgate:
  redis:
    prefix: {{ .prefix | quote }}
  sequences:
    store: redis
  replicas:
    share: redis
    {{- if and $.Values.persistence.enabled (has "ReadWriteMany" $.Values.persistence.accessModes) }}
    content: folder
    {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "keepgate.streams" -}}
{{- with .Values.streams }}
{{- if .enabled -}}
{{- $ssl := .tls.enabled | ternary "SSL" "PLAINTEXT" }}
keepgate:
  streams:
    bootstrap-servers: {{ .bootstrapServers | quote }}
    application-id: {{ .applicationId | default (include "keepgate.fullname" $) | quote }}
    state-dir: /keepgate/streams
    properties:
      security.protocol: {{ empty .sasl.mechanism | ternary $ssl (printf "SASL_%s" $ssl) }}
      {{- with .sasl.mechanism }}
      sasl.mechanism: {{ . | quote }}
      {{- end }}
      {{- if and .tls.enabled .tls.existingSecret }}
      ssl.truststore.type: PEM
      ssl.truststore.location: /keepgate/kafka/{{ .tls.caKey }}
      {{- with .tls.keystoreKey }}
      ssl.keystore.type: PEM
      ssl.keystore.location: /keepgate/kafka/{{ . }}
      {{- end }}
      {{- end }}
      {{- with .properties }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    bindings:
      {{- toYaml .bindings | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The ports of the brokers, as a list of JSON. */}}
{{- define "keepgate.kafkaPorts" -}}
{{- $ports := .Values.networkPolicy.kafkaPorts }}
{{- if not $ports }}
{{- range splitList "," .Values.streams.bootstrapServers }}
{{- $ports = append $ports (splitList ":" . | last | int) }}
{{- end }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}
