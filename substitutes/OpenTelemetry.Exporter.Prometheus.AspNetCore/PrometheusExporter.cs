using System.Buffers;
using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter;

/// <summary>Writes collected metrics as Prometheus text. The scraper calls <see cref="Collect"/>, and the SDK answers by exporting.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter(PrometheusAspNetCoreOptions options) : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _scratch = new(1024);
    private readonly MetricCatalog _catalog = new(options.DisableTotalNameSuffixForCounters);

    public Func<int, bool>? Collect { get; set; }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        _buffer.ResetWrittenCount();
        var writer = new ExpositionWriter(_buffer, _scratch);
        foreach (var family in _catalog.Group(batch))
        {
            if (_buffer.WrittenCount == 0)
            {
                writer.WriteTargetInfo(ParentProvider.GetResource());
            }

            writer.WriteFamily(family);
        }

        return ExportResult.Success;
    }

    /// <summary>The text of the last export. Only the scraper calls it, between two collections.</summary>
    public byte[] TakeText() => _buffer.WrittenSpan.ToArray();
}
