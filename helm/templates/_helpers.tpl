{{/* The release's name, with the chart's unless it holds it already; short enough for every suffix below. */}}
{{- define "shequ.fullname" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- $name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{/* What all pods of the release have in common, and with `component` what tells one kind of pod from the others. */}}
{{- define "shequ.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "shequ.labels" -}}
{{ include "shequ.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "shequ.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
The part of a pod's spec that is the same for the API, the migration and the test.  No service links: with them Kubernetes
would set SHEQU_PORT and the like to the Service's address, and the application reads SHEQU_* as its settings.
*/}}
{{- define "shequ.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Likewise for a container. */}}
{{- define "shequ.container" -}}
image: {{ include "shequ.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/*
The settings of the application, and the volumes they speak of.  The PG* variables are read by libpq itself, so they hold
for the migrator's URL too.  A login in database.url is refused without repeating it, because it would be in the logs then.
*/}}
{{- define "shequ.settings" -}}
{{- if regexMatch "@|[?&](user|password|passfile|sslpassword|service)=" .Values.database.url }}
{{- fail "database.url names the host and the database only: take the login out of it; the roles' passwords are derived from secrets.existingSecret" }}
{{- end -}}
env:
  - name: SHEQU_ENVIRONMENT
    value: production
  - name: SHEQU_LOG_LEVEL
    value: {{ .Values.logLevel }}
  - name: SHEQU_OIDC_ISSUER
    value: {{ .Values.oidc.issuer | quote }}
  - name: SHEQU_OIDC_AUDIENCE
    value: {{ .Values.oidc.audience | quote }}
  - name: SHEQU_OIDC_JWKS_URL
    value: {{ .Values.oidc.jwksUrl | quote }}
  - name: SHEQU_OIDC_TOKEN_TYPE
    value: {{ .Values.oidc.tokenType | quote }}
  - name: SHEQU_SEALING_ALGORITHM
    value: {{ .Values.sealingAlgorithm }}
  - name: SHEQU_DATABASE_URL
    value: {{ .Values.database.url | quote }}
  {{- with .Values.secrets }}
  - name: SHEQU_ROLE_SECRET
    valueFrom:
      secretKeyRef:
        name: {{ .existingSecret }}
        key: {{ .keys.role }}
  - name: SHEQU_CURSOR_SECRET
    valueFrom:
      secretKeyRef:
        name: {{ .existingSecret }}
        key: {{ .keys.cursor }}
  - name: SHEQU_SEALING_SECRET
    valueFrom:
      secretKeyRef:
        name: {{ .existingSecret }}
        key: {{ .keys.sealing }}
  {{- end }}
  {{- if .Values.database.tls.existingSecret }}
  - name: PGSSLMODE
    value: verify-full
  - name: PGSSLROOTCERT
    value: /etc/shequ/database/ca.crt
  {{- end }}
{{- end }}

{{/* Further settings of those that serve: the migration has nothing to do with files. */}}
{{- define "shequ.files" -}}
- name: SHEQU_FILES_URL
  value: {{ .Values.files.url | quote }}
- name: SHEQU_UPLOAD_MOST_MIB
  value: {{ .Values.files.largestMiB | quote }}
{{- if .Values.files.existingSecret }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_REGION" "AWS_ENDPOINT_URL" }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.files.existingSecret }}
      key: {{ . }}
      optional: true
{{- end }}
{{- end }}
{{- end }}

{{/* What only the API needs: browsers that sign in, and what callers may ask and spend. */}}
{{- define "shequ.callers" -}}
{{- if and .Values.signIn.clientId (not .Values.publicUrl) }}
{{- fail "signIn.clientId needs publicUrl: the issuer sends browsers back to <publicUrl>/signin/back" }}
{{- end -}}
- name: SHEQU_PUBLIC_URL
  value: {{ .Values.publicUrl | quote }}
- name: SHEQU_OIDC_CLIENT_ID
  value: {{ .Values.signIn.clientId | quote }}
{{- if .Values.signIn.existingSecret }}
{{- range $name, $key := dict "SHEQU_OIDC_CLIENT_SECRET" "client-secret" "SHEQU_SESSION_SECRET" "session-secret" }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.signIn.existingSecret }}
      key: {{ $key }}
      optional: true
{{- end }}
{{- end }}
- name: SHEQU_TRUSTED_DOCUMENTS
  value: {{ .Values.trustedDocuments }}
{{- with .Values.rates }}
- name: SHEQU_RATES
  value: {{ toJson . | quote }}
{{- end }}
{{- with .Values.rateTogether }}
- name: SHEQU_RATE_TOGETHER
  value: {{ int64 . | quote }}
{{- end }}
{{- end }}

{{/* Of those that hand over mail: the API at once, the day's work what waited. */}}
{{- define "shequ.mail" -}}
{{- with .Values.mail }}
{{- if .host }}
{{- if not .sender }}
{{- fail "mail.host needs mail.sender: the address that mail comes from" }}
{{- end }}
- name: SHEQU_SMTP_HOST
  value: {{ .host | quote }}
- name: SHEQU_SMTP_PORT
  value: {{ .port | quote }}
- name: SHEQU_SMTP_SENDER
  value: {{ .sender | quote }}
- name: SHEQU_SMTP_USERNAME
  value: {{ .username | quote }}
- name: SHEQU_SMTP_START_TLS
  value: {{ .startTls | quote }}
{{- if .existingSecret }}
- name: SHEQU_SMTP_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: smtp-password
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "shequ.volumeMounts" -}}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if .Values.database.tls.existingSecret }}
  - name: database-ca
    mountPath: /etc/shequ/database
    readOnly: true
  {{- end }}
{{- end }}

{{- define "shequ.volumes" -}}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: {{ .Values.tmpSizeLimit }}
  {{- with .Values.database.tls }}
  {{- if .existingSecret }}
  - name: database-ca
    secret:
      secretName: {{ .existingSecret }}
      items:
        - key: {{ .key }}
          path: ca.crt
  {{- end }}
  {{- end }}
{{- end }}
