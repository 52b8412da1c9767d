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

{{/* What Redis' address makes of the settings; `config` may say otherwise. */}}
{{- define "keepgate.redis" -}}
{{- with .Values.redis }}
{{- if .host -}}
spring:
  data:
    redis:
      host: {{ .host | quote }}
      port: {{ .port }}
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
