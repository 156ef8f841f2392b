{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* The image of every container. */}}
{{- define "podtap.image" -}}
image: {{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}

{{/* What every pod has: its place on the node, and what it may do there. */}}
{{- define "podtap.pod" -}}
hostNetwork: true
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
terminationGracePeriodSeconds: 5
nodeSelector: {{- toYaml .Values.nodeSelector | nindent 2 }}
tolerations: {{- toYaml .Values.tolerations | nindent 2 }}
securityContext:
  seccompProfile: { type: RuntimeDefault }
  # Where SELinux confines containers, it would keep these from the node's files and sockets.
  seLinuxOptions: { type: spc_t, level: s0 }
{{- end }}

{{/* What a container may do; its argument is a list of capabilities. */}}
{{- define "podtap.security" -}}
securityContext:
  runAsUser: 0
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
    {{- with . }}
    add: {{ toJson . }}
    {{- end }}
{{- end }}

{{- define "podtap.resources" -}}
resources:
  requests: { cpu: 10m, memory: 8Mi }
  limits: { memory: {{ . }} }
{{- end }}

{{/* The probes of a program: a list of its path, and how often it may fail to answer. */}}
{{- define "podtap.probes" -}}
readinessProbe:
  exec:
    command: [{{ index . 0 }}, --probe, ready]
  periodSeconds: 15
  timeoutSeconds: 10
  failureThreshold: 1
livenessProbe:
  exec:
    command: [{{ index . 0 }}, --probe, live]
  initialDelaySeconds: 10
  periodSeconds: 30
  timeoutSeconds: 10
  failureThreshold: {{ index . 1 }}
{{- end }}

{{/* A DaemonSet's metadata, selector and strategy: a list of its name, and of the pods that may be more or fewer. */}}
{{- define "podtap.daemonset" -}}
metadata:
  name: {{ index . 1 }}
  namespace: {{ (index . 0).Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ index . 1 }}
    app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
    helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ index . 1 }}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ index . 2 }}
      maxUnavailable: {{ index . 3 }}
{{- end }}

