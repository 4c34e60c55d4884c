{{- $policy := .Values.singleuser.networkPolicy -}}
{{- $labels := include "jupyterhub.labels" (list . "singleuser") -}}
{{- with .Values.singleuser.extraFiles }}
---
apiVersion: v1
kind: Secret
metadata:
  name: singleuser
  labels:
    {{- $labels | nindent 4 }}
type: Opaque
{{- with include "jupyterhub.bytes" . }}
data:
  {{- . | indent 2 }}
{{- end }}
{{- with include "jupyterhub.texts" . }}
stringData:
  {{- . | indent 2 }}
{{- end }}
{{- end }}
{{- if $policy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: singleuser
  labels:
    {{- $labels | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "jupyterhub.matchLabels" (list . "singleuser-server") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range $policy.allowedIngressPorts }}
    - ports: [{port: {{ . }}}]
    {{- end }}
    {{- include "jupyterhub.ingress" (list $policy "singleuser" "notebook-port") | nindent 4 }}
    {{- with $policy.ingress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  egress:
    {{- include "jupyterhub.to" (list . "hub" 8081) | nindent 4 }}
    {{- include "jupyterhub.to" (list . "proxy" 8000) | nindent 4 }}
    {{- include "jupyterhub.egress" (list . $policy) | indent 4 }}
{{- end }}
