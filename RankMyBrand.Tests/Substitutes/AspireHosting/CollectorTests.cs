using Aspire.Hosting;
using RankMyBrand.Tests.Docs;
using RankMyBrand.Tests.Foundation.Events.Consuming;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class CollectorTests
{
    [Theory]
    [InlineData("http://collector.example:4317")]
    [InlineData("")]
    public async Task Collector_OfTheApplicationHost_IsThatOfItsServicesWhereThereIsNoDashboard(string collector)
    {
        using var directory = new TemporaryDirectory();
        await using var process = ExampleProcess.Start(
            typeof(Exporting),
            ("XDG_DATA_HOME", directory.Path),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
            ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://localhost:1"));

        await Eventually.TrueAsync(() => Directory.GetFiles(directory.Path, "worker.log", SearchOption.AllDirectories) is [var log]
            && File.ReadAllText(log) == $"to {collector}.\n");
    }

    /// <summary>An application whose resource says where its telemetry goes.</summary>
    private static class Exporting
    {
        public static Task RunAsync(string[] args)
        {
            var builder = DistributedApplication.CreateBuilder(args);
            builder.AddShell("worker", "echo \"to $OTEL_EXPORTER_OTLP_ENDPOINT.\"; exec sleep 600").WithOtlpExporter();
            return builder.Build().RunAsync(CancellationToken.None);
        }
    }
}
