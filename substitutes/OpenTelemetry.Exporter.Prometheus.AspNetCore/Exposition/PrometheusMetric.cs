using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter;

/// <summary>A metric with its name, its type and the labels of its meter in the terms of Prometheus.</summary>
internal sealed record PrometheusMetric(Metric Metric, string Name, string Type, LabelSet Scope)
{
    public static PrometheusMetric Of(Metric metric, bool disableTotalSuffix)
    {
        var isCounter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var type = metric.MetricType switch
        {
            MetricType.Histogram => "histogram",
            _ when isCounter => "counter",
            _ => "gauge",
        };
        var name = PrometheusName.OfMetric(metric.Name, metric.Unit, isCounter && !disableTotalSuffix);
        return new PrometheusMetric(metric, name, type, ScopeOf(metric));
    }

    private static LabelSet ScopeOf(Metric metric)
    {
        var labels = new LabelSet();
        labels.Add("otel_scope_name", metric.MeterName);
        if (!string.IsNullOrEmpty(metric.MeterVersion))
        {
            labels.Add("otel_scope_version", metric.MeterVersion);
        }

        foreach (var (key, value) in metric.MeterTags ?? [])
        {
            labels.Add($"otel_scope_{PrometheusName.OfLabel(key)}", LabelSet.Format(value));
        }

        return labels;
    }
}
