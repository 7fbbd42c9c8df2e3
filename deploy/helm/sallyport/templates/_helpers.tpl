{{- define "sallyport.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "sallyport.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "sallyport.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sallyport.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sallyport.selector" -}}
app.kubernetes.io/name: {{ include "sallyport.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sallyport.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "sallyport.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "sallyport.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sallyport.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sallyport.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The host of the public URL. */}}
{{- define "sallyport.host" -}}
{{- default (index (splitList ":" (index (splitList "/" .Values.publicUrl) 2)) 0) .Values.ingress.host -}}
{{- end -}}

{{/* The variables whose values are files of the Secret, with the entries that hold them. */}}
{{- define "sallyport.secretFiles" -}}
DATABASE_URL_FILE: {{ required "secretKeys.databaseUrl is required" .Values.secretKeys.databaseUrl }}
{{- with .Values.secretKeys.rootKey }}
SALLYPORT_ROOT_KEY_FILE: {{ . }}
{{- end }}
{{- with .Values.secretKeys.rootKeyNext }}
SALLYPORT_ROOT_KEY_NEXT_FILE: {{ . }}
{{- end }}
{{- with .Values.secretKeys.databaseMigrationUrl }}
DATABASE_MIGRATION_URL_FILE: {{ . }}
{{- end }}
{{- with .Values.secretKeys.redisUrl }}
REDIS_URL_FILE: {{ . }}
{{- end }}
{{- with .Values.secretKeys.metricsToken }}
SALLYPORT_METRICS_TOKEN_FILE: {{ . }}
{{- end }}
{{- with .Values.secretKeys.kmsToken }}
SALLYPORT_KMS_TOKEN_FILE: {{ . }}
{{- end }}
{{- with .Values.secretKeys.kmsCa }}
SALLYPORT_KMS_CA_FILE: {{ . }}
{{- end }}
{{- end -}}

{{/* A pod of the vault: `root`, `component`, `resources`, and `args` where it is no replica. */}}
{{- define "sallyport.pod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "sallyport.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $root.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A change of the configuration starts the pods anew.
    checksum/config: {{ include (print $root.Template.BasePath "/configmap.yaml") $root | sha256sum }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "sallyport.serviceAccount" $root }}
  automountServiceAccountToken: {{ $root.Values.serviceAccount.mountToken }}
  enableServiceLinks: false
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  # Longer than a pod drains and lets end what is under way.
  terminationGracePeriodSeconds: {{ add $root.Values.drainSeconds 30 }}
  {{- with $root.Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ include "sallyport.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      {{- with .args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      envFrom:
        - configMapRef:
            name: {{ include "sallyport.fullname" $root }}
      env:
        {{- range $name, $key := include "sallyport.secretFiles" $root | fromYaml }}
        - name: {{ $name }}
          value: /run/secrets/sallyport/{{ $key }}
        {{- end }}
        - name: SALLYPORT_JOBS
          value: {{ ternary "off" "on" (and $root.Values.worker.enabled (eq .component "vault")) | quote }}
        {{- with $root.Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        {{- if eq .component "vault" }}
        - name: http
          containerPort: 4770
          protocol: TCP
        {{- end }}
        - name: operations
          containerPort: {{ $root.Values.operations.port }}
          protocol: TCP
      # The first replica of a new version migrates the database first, the others wait for it. Nothing answers until then.
      startupProbe:
        httpGet:
          path: /healthz
          port: operations
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: {{ div $root.Values.startupSecondsMax 2 }}
      readinessProbe:
        httpGet:
          path: /readyz
          port: operations
        periodSeconds: 2
        timeoutSeconds: 3
        failureThreshold: 2
      livenessProbe:
        httpGet:
          path: /healthz
          port: operations
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: secrets
          mountPath: /run/secrets/sallyport
          readOnly: true
        - name: data
          mountPath: /var/lib/sallyport
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: secrets
      secret:
        secretName: {{ required "existingSecret is required" $root.Values.existingSecret }}
        defaultMode: 0440
        items:
          {{- range $name, $key := include "sallyport.secretFiles" $root | fromYaml }}
          - key: {{ $key }}
            path: {{ $key }}
          {{- end }}
    # What a replica keeps for itself alone; nothing of it has to outlive the pod.
    - name: data
      emptyDir:
        sizeLimit: 1Gi
    - name: tmp
      emptyDir:
        sizeLimit: 256Mi
  {{- with $root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $root.Values.topologySpread }}
  topologySpreadConstraints:
    {{- $component := .component }}
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "sallyport.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $component }}
    {{- end }}
  {{- end }}
{{- end -}}
