using System.Buffers;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace OpenTelemetry.Exporter;

/// <summary>Writes families in the text format 0.0.4 of Prometheus.</summary>
internal readonly struct ExpositionWriter(ArrayBufferWriter<byte> buffer, ArrayBufferWriter<byte> scratch)
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
        new LabelWriter(buffer).Write(labels);
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
        var labels = RenderLabels(metric, in point);
        if (metric.Metric.MetricType is MetricType.Histogram)
        {
            WriteHistogram(metric, in point, labels);
            return;
        }

        StartSample(metric, "", labels);
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

    private void WriteHistogram(PrometheusMetric metric, in MetricPoint point, ReadOnlySpan<byte> labels)
    {
        long cumulative = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            StartSample(metric, "_bucket", labels);
            _text.Write(",le=\""u8);
            _text.Write(bucket.ExplicitBound);
            _text.Write("\"} "u8);
            _text.Write(cumulative);
            _text.Write("\n"u8);
        }

        StartSample(metric, "_sum", labels);
        _text.Write("} "u8);
        _text.Write(point.GetHistogramSum());
        _text.Write("\n"u8);
        StartSample(metric, "_count", labels);
        _text.Write("} "u8);
        _text.Write(point.GetHistogramCount());
        _text.Write("\n"u8);
    }

    // Leaves the braces open: every series has at least the label of its scope, so more may follow a comma.
    private void StartSample(PrometheusMetric metric, string suffix, ReadOnlySpan<byte> labels)
    {
        _text.Write(metric.Name);
        _text.Write(suffix);
        _text.Write("{"u8);
        _text.Write(labels);
    }

    // A histogram repeats its labels on every line, so they are rendered once, beside the text.
    private ReadOnlySpan<byte> RenderLabels(PrometheusMetric metric, in MetricPoint point)
    {
        scratch.ResetWrittenCount();
        var writer = new LabelWriter(scratch);
        writer.Write(metric.Scope);
        writer.Write(point.Tags, skipBound: metric.Metric.MetricType is MetricType.Histogram);
        return scratch.WrittenSpan;
    }
}
