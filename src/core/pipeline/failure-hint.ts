/** Remedies that usually help, by the cause as it stands in the reason. */
export function hintFor(reason: string): string {
  if (reason.includes('ECONNREFUSED')) return '; is a collector running there? (OTEL_EXPORTER_OTLP_ENDPOINT)';
  if (reason.includes('ENOTFOUND') || reason.includes('EAI_AGAIN'))
    return '; the name is not known here (OTEL_EXPORTER_OTLP_ENDPOINT)';
  if (/CERT|SELF_SIGNED/.test(reason)) return '; name its authority in OTEL_EXPORTER_OTLP_CERTIFICATE';
  if (/^40[13]\b/.test(reason)) return '; is the key in OTEL_EXPORTER_OTLP_HEADERS right?';
  if (/^40[45]\b/.test(reason)) return '; an OTLP receiver listens at /v1/traces, usually on port 4318';
  return '';
}
