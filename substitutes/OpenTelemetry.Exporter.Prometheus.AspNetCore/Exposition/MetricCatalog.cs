using System.Runtime.CompilerServices;
using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter;

/// <summary>Knows the Prometheus names of metrics and puts the metrics of one name together, as the format demands.</summary>
internal sealed class MetricCatalog(bool disableTotalSuffix)
{
    private readonly ConditionalWeakTable<Metric, PrometheusMetric> _known = [];
    private readonly Dictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly List<MetricFamily> _order = [];

    public List<MetricFamily> Group(in Batch<Metric> batch)
    {
        _families.Clear();
        _order.Clear();
        foreach (var metric in batch)
        {
            if (metric.MetricType is MetricType.ExponentialHistogram)
            {
                continue; // The text format has no place for them.
            }

            Add(_known.GetValue(metric, key => PrometheusMetric.Of(key, disableTotalSuffix)));
        }

        return _order;
    }

    private void Add(PrometheusMetric metric)
    {
        if (!_families.TryGetValue(metric.Name, out var family))
        {
            family = new MetricFamily(metric, []);
            _families.Add(metric.Name, family);
            _order.Add(family);
        }

        // A name has one type; a second meter that disagrees would make the whole answer unreadable.
        if (string.Equals(family.Head.Type, metric.Type, StringComparison.Ordinal))
        {
            family.Metrics.Add(metric);
        }
    }
}

/// <summary>The metrics that share a name.</summary>
internal sealed record MetricFamily(PrometheusMetric Head, List<PrometheusMetric> Metrics);
