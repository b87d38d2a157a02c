using System.Buffers;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace OpenTelemetry.Exporter;

/// <summary>Writes families in the text format 0.0.4 of Prometheus.</summary>
internal readonly struct ExpositionWriter(ArrayBufferWriter<byte> buffer)
{
    private readonly TextWriterUtf8 _text = new(buffer);

    public void WriteTargetInfo(Resource resource)
    {
        var labels = new LabelSet();
        foreach (var (key, value) in resource.Attributes)
        {
            labels.Add(PrometheusName.OfLabel(key), LabelSet.Format(value));
        }

        if (labels.Labels.Count == 0)
        {
            return;
        }

        _text.Write("# TYPE target_info gauge\n# HELP target_info Target metadata\ntarget_info{"u8);
        WriteLabels(labels, separate: false);
        _text.Write("} 1\n"u8);
    }

    public void WriteFamily(MetricFamily family)
    {
        _text.Write("# TYPE "u8);
        _text.Write(family.Head.Name);
        _text.Write(" "u8);
        _text.Write(family.Head.Type);
        _text.Write("\n"u8);
        if (!string.IsNullOrEmpty(family.Head.Metric.Description))
        {
            _text.Write("# HELP "u8);
            _text.Write(family.Head.Name);
            _text.Write(" "u8);
            _text.WriteEscaped(family.Head.Metric.Description, quotes: false);
            _text.Write("\n"u8);
        }

        foreach (var metric in family.Metrics)
        {
            foreach (ref readonly var point in metric.Metric.GetMetricPoints())
            {
                WritePoint(metric, in point);
            }
        }
    }

    private void WritePoint(PrometheusMetric metric, in MetricPoint point)
    {
        if (metric.Metric.MetricType is MetricType.Histogram)
        {
            WriteHistogram(metric, in point);
            return;
        }

        StartSample(metric, in point, suffix: "");
        _text.Write("} "u8);
        switch (metric.Metric.MetricType)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                _text.Write(point.GetSumLong());
                break;
            case MetricType.LongGauge:
                _text.Write(point.GetGaugeLastValueLong());
                break;
            case MetricType.DoubleGauge:
                _text.Write(point.GetGaugeLastValueDouble());
                break;
            default:
                _text.Write(point.GetSumDouble());
                break;
        }

        _text.Write("\n"u8);
    }

    private void WriteHistogram(PrometheusMetric metric, in MetricPoint point)
    {
        long cumulative = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            StartSample(metric, in point, "_bucket");
            _text.Write(",le=\""u8);
            _text.Write(bucket.ExplicitBound);
            _text.Write("\"} "u8);
            _text.Write(cumulative);
            _text.Write("\n"u8);
        }

        StartSample(metric, in point, "_sum");
        _text.Write("} "u8);
        _text.Write(point.GetHistogramSum());
        _text.Write("\n"u8);
        StartSample(metric, in point, "_count");
        _text.Write("} "u8);
        _text.Write(point.GetHistogramCount());
        _text.Write("\n"u8);
    }

    // Leaves the braces open: every series has at least the label of its scope, so more may follow a comma.
    private void StartSample(PrometheusMetric metric, in MetricPoint point, string suffix)
    {
        _text.Write(metric.Name);
        _text.Write(suffix);
        _text.Write("{"u8);
        WriteLabels(metric.Scope, separate: false);
        var isHistogram = metric.Metric.MetricType is MetricType.Histogram;
        WriteTags(point.Tags, isHistogram);
    }

    private void WriteTags(ReadOnlyTagCollection tags, bool isHistogram)
    {
        if (tags.Count == 0)
        {
            return;
        }

        if (HasCollision(tags))
        {
            WriteLabels(Merge(tags, isHistogram), separate: true);
            return;
        }

        foreach (var (key, value) in tags)
        {
            var name = PrometheusName.OfLabel(key);
            if (!isHistogram || name is not "le")
            {
                WriteLabel(name, LabelSet.Format(value), separate: true);
            }
        }
    }

    private static bool HasCollision(ReadOnlyTagCollection tags)
    {
        var seen = new HashSet<string>(tags.Count, StringComparer.Ordinal);
        foreach (var (key, _) in tags)
        {
            if (!seen.Add(PrometheusName.OfLabel(key)))
            {
                return true;
            }
        }

        return false;
    }

    private static LabelSet Merge(ReadOnlyTagCollection tags, bool isHistogram)
    {
        var sorted = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            sorted[key] = value;
        }

        var labels = new LabelSet();
        foreach (var (key, value) in sorted)
        {
            var name = PrometheusName.OfLabel(key);
            if (!isHistogram || name is not "le")
            {
                labels.Add(name, LabelSet.Format(value));
            }
        }

        return labels;
    }

    private void WriteLabels(LabelSet labels, bool separate)
    {
        foreach (var (name, value) in labels.Labels)
        {
            WriteLabel(name, value, separate);
            separate = true;
        }
    }

    private void WriteLabel(string name, string value, bool separate)
    {
        if (separate)
        {
            _text.Write(","u8);
        }

        _text.Write(name);
        _text.Write("=\""u8);
        _text.WriteEscaped(value, quotes: true);
        _text.Write("\""u8);
    }
}
