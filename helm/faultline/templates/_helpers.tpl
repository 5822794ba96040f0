{{- define "faultline.name" -}}
{{- if contains "faultline" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-faultline" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Of one part: (dict "root" $ "part" "dm-service") */}}
{{- define "faultline.selector" -}}
app.kubernetes.io/name: faultline
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "faultline.labels" -}}
{{ include "faultline.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: faultline
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "faultline.image" -}}
{{- with .root.Values.image.registry }}{{ . }}/{{ end }}{{ .root.Values.image.repository }}/{{ .image }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "faultline.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "faultline.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "faultline.bootstrapServers" -}}
{{- if .Values.kafka.bootstrapServers }}{{ .Values.kafka.bootstrapServers }}
{{- else if .Values.strimzi.enabled }}{{ printf "%s-kafka-bootstrap:%d" .Values.strimzi.cluster (int .Values.strimzi.listenerPort) }}
{{- else }}{{ fail "say where Kafka is: kafka.bootstrapServers, or strimzi.enabled with strimzi.cluster" }}{{ end }}
{{- end }}

{{- define "faultline.sasl" -}}{{ if hasPrefix "SASL_" .Values.kafka.securityProtocol }}yes{{ end }}{{- end }}
{{- define "faultline.tls" -}}{{ if hasSuffix "SSL" .Values.kafka.securityProtocol }}yes{{ end }}{{- end }}
{{- define "faultline.caSecret" -}}
{{- if .Values.kafka.caSecret }}{{ .Values.kafka.caSecret }}{{ else if .Values.strimzi.enabled }}{{ .Values.strimzi.cluster }}-cluster-ca-cert{{ end }}
{{- end }}

{{- define "faultline.accessSecret" -}}
{{- .Values.access.existingSecret | default (printf "%s-access" (include "faultline.name" .)) }}
{{- end }}

{{- define "faultline.webhooksSecret" -}}
{{- .Values.webhooks.existingKeySecret | default (printf "%s-webhooks" (include "faultline.name" .)) }}
{{- end }}

{{/* The restricted Pod Security Standard. */}}
{{- define "faultline.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "faultline.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What every pod has: (dict "root" $ "part" "dm-service" "replicas" 2) */}}
{{- define "faultline.pod" -}}
serviceAccountName: {{ include "faultline.serviceAccount" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 45
securityContext: {{- include "faultline.podSecurity" . | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and .root.Values.spreadOverNodes (gt (int .replicas) 1) }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "faultline.selector" . | nindent 8 }}
{{- end }}
{{- end }}

{{- define "faultline.podMetadata" -}}
labels:
  {{- include "faultline.labels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Started slowly, stuck, not able to work: three questions. */}}
{{- define "faultline.probes" -}}
startupProbe:
  httpGet: {path: /actuator/health/liveness, port: http}
  periodSeconds: 2
  failureThreshold: 90
livenessProbe:
  httpGet: {path: /actuator/health/liveness, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: {{ .readiness | default "/actuator/health/readiness" }}, port: http}
  periodSeconds: 5
  timeoutSeconds: 4
  failureThreshold: 2
{{- end }}

{{- define "faultline.urls" -}}
{{- $name := include "faultline.name" .root -}}
- {name: FAULTLINE_DEVICE_SERVICE_URL, value: "http://{{ $name }}-device-service:8081"}
- {name: FAULTLINE_DM_SERVICE_URL, value: "http://{{ $name }}-dm-service:8082"}
- {name: FAULTLINE_FS_SERVICE_URL, value: "http://{{ $name }}-fs-service:8083"}
- {name: FAULTLINE_NOTIFIER_SERVICE_URL, value: "http://{{ $name }}-notifier-service:8084"}
{{- end }}

{{/* Of a service that speaks to Kafka: (dict "root" $ "part" … "port" … "values" …) */}}
{{- define "faultline.environment" -}}
{{- $root := .root -}}
- {name: SERVER_ADDRESS, value: "0.0.0.0"}
- {name: SERVER_PORT, value: {{ .port | quote }}}
{{ include "faultline.urls" . }}
- {name: SPRING_KAFKA_BOOTSTRAP_SERVERS, value: {{ include "faultline.bootstrapServers" $root | quote }}}
- {name: SPRING_KAFKA_PROPERTIES_SECURITY_PROTOCOL, value: {{ $root.Values.kafka.securityProtocol }}}
{{- if include "faultline.sasl" $root }}
- {name: SPRING_KAFKA_PROPERTIES_SASL_MECHANISM, value: {{ $root.Values.kafka.saslMechanism }}}
- {name: SPRING_CONFIG_IMPORT, value: "configtree:/run/faultline/"}
{{- end }}
{{- if and (include "faultline.tls" $root) (include "faultline.caSecret" $root) }}
- {name: SPRING_KAFKA_PROPERTIES_SSL_TRUSTSTORE_TYPE, value: PEM}
- {name: SPRING_KAFKA_PROPERTIES_SSL_TRUSTSTORE_LOCATION, value: /run/faultline-ca/ca.crt}
{{- end }}
{{- if $root.Values.kafka.properties }}
{{- $properties := dict }}
{{- range $key, $value := $root.Values.kafka.properties }}
{{- $_ := set $properties (printf "spring.kafka.properties.%s" $key) $value }}
{{- end }}
- {name: SPRING_APPLICATION_JSON, value: {{ $properties | toJson | quote }}}
{{- end }}
- {name: FAULTLINE_ACCESS_REQUIRED, value: "true"}
- {name: FAULTLINE_ACCESS_TOKENS_FILE, value: /run/faultline-access/tokens}
- {name: FAULTLINE_ACCESS_SERVICE_TOKEN_FILE, value: /run/faultline-access/service-token}
- {name: FAULTLINE_ACCESS_SECURE_COOKIE, value: {{ or $root.Values.access.secureCookie (and $root.Values.ingress.enabled (ne $root.Values.ingress.tlsSecret "")) | quote }}}
{{- with $root.Values.access.origins }}
- {name: FAULTLINE_ACCESS_ORIGINS, value: {{ join "," . | quote }}}
{{- end }}
{{- with $root.Values.access.jwt }}
{{- if .issuer }}
- {name: FAULTLINE_ACCESS_JWT_ISSUER, value: {{ .issuer | quote }}}
- {name: FAULTLINE_ACCESS_JWT_AUDIENCES, value: {{ join "," .audiences | quote }}}
- {name: FAULTLINE_ACCESS_JWT_JWK_SET_URI, value: {{ .jwkSetUri | quote }}}
- {name: FAULTLINE_ACCESS_JWT_ROLES_CLAIM, value: {{ .rolesClaim | quote }}}
{{- end }}
{{- end }}
# Only the front door and the other services reach it: what they say of the caller's address holds.
- {name: SERVER_FORWARD_HEADERS_STRATEGY, value: native}
- {name: FAULTLINE_TOPICS_PARTITIONS, value: {{ $root.Values.topics.partitions | quote }}}
- {name: FAULTLINE_TOPICS_REPLICATION, value: {{ $root.Values.topics.replication | quote }}}
- {name: FAULTLINE_TOPICS_RETENTION, value: "P{{ $root.Values.topics.retentionDays }}D"}
- {name: FAULTLINE_STREAMS_STANDBY_REPLICAS, value: {{ $root.Values.streams.standbyReplicas | quote }}}
{{- if eq .key "notifierService" }}
- {name: FAULTLINE_NOTIFIER_SECRETS_KEY_FILE, value: /run/faultline-webhooks/key}
{{- if $root.Values.ingress.enabled }}
- {name: FAULTLINE_NOTIFIER_LINKS_PUBLIC_URL, value: "{{ ternary "https" "http" (ne $root.Values.ingress.tlsSecret "") }}://{{ $root.Values.ingress.host }}"}
{{- end }}
{{- end }}
{{- with $root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- with get $root.Values.extraEnvOf .key }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "faultline.kafkaMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: access, mountPath: /run/faultline-access, readOnly: true}
{{- if eq .key "notifierService" }}
- {name: webhooks, mountPath: /run/faultline-webhooks, readOnly: true}
{{- end }}
{{- if include "faultline.sasl" .root }}
- {name: kafka-user, mountPath: /run/faultline, readOnly: true}
{{- end }}
{{- if and (include "faultline.tls" .root) (include "faultline.caSecret" .root) }}
- {name: kafka-ca, mountPath: /run/faultline-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "faultline.kafkaVolumes" -}}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
- name: access
  secret:
    secretName: {{ include "faultline.accessSecret" .root }}
    defaultMode: 0440
    items:
      - {key: tokens, path: tokens}
      - {key: service-token, path: service-token}
{{- if eq .key "notifierService" }}
- name: webhooks
  secret:
    secretName: {{ include "faultline.webhooksSecret" .root }}
    defaultMode: 0440
    items:
      - {key: key, path: key}
{{- end }}
{{- if include "faultline.sasl" .root }}
- name: kafka-user
  secret:
    secretName: {{ get .root.Values.kafka.userSecrets .key }}
    defaultMode: 0440
    items:
      # Named as the property that it is the value of.
      - {key: sasl.jaas.config, path: spring.kafka.properties.sasl.jaas.config}
{{- end }}
{{- if and (include "faultline.tls" .root) (include "faultline.caSecret" .root) }}
- name: kafka-ca
  secret:
    secretName: {{ include "faultline.caSecret" .root }}
    defaultMode: 0440
    items:
      - {key: ca.crt, path: ca.crt}
{{- end }}
{{- end }}

{{/* The parts that speak to Kafka: what they are called and where they listen. */}}
{{- define "faultline.parts" -}}
deviceService: {part: device-service, port: 8081, folder: slice}
dmService: {part: dm-service, port: 8082, folder: state}
fsService: {part: fs-service, port: 8083, folder: state}
notifierService: {part: notifier-service, port: 8084, folder: state}
{{- end }}
