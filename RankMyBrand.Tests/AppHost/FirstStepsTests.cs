using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using RankMyBrand.AppHost;
using RankMyBrand.Tests.Docs;
using RankMyBrand.Tests.Foundation.Events.Consuming;
using RankMyBrand.Tests.Substitutes.AspireHosting;

namespace RankMyBrand.Tests.AppHost;

public sealed class FirstStepsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FirstSteps_OfAGatewayThatRestarts_ArePrintedOnceBetweenItsLineAndTheLast()
    {
        using var directory = new TemporaryDirectory();
        var end = Path.Combine(directory.Path, "end");
        await using var process = ExampleProcess.Start(typeof(Restarting), (Restarting.End, end), ("XDG_DATA_HOME", directory.Path));
        await Eventually.TrueAsync(() => process.Output.Contains("All resources are healthy.", StringComparison.Ordinal));

        await File.WriteAllBytesAsync(end, [], Cancellation);
        await Eventually.TrueAsync(() => process.Output.Contains("ready 2", StringComparison.Ordinal));

        var lines = process.Output.Split('\n');
        var steps = Assert.Single(lines, line => line.Contains("The platform is ready.", StringComparison.Ordinal));
        var export = Assert.Single(lines, line => line.Contains("export GATEWAY=http://localhost:", StringComparison.Ordinal));
        Assert.EndsWith(" KEY='the-key'", export, StringComparison.Ordinal);
        Assert.Matches("The whole API: http://localhost:[0-9]+/docs", process.Output);
        var order = new[] { Line("  gateway "), Array.IndexOf(lines, steps), Line("All resources are healthy.") };
        Assert.Equal(order.Order(), order);

        int Line(string beginning) => Array.FindIndex(lines, line => line.StartsWith(beginning, StringComparison.Ordinal));
    }

    /// <summary>An application whose gateway ends once, as soon as there is a file.</summary>
    private static class Restarting
    {
        public const string End = "END";

        public static async Task RunAsync(string[] args)
        {
            var builder = DistributedApplication.CreateBuilder(["Parameters:apikey=the-key", .. args]);
            var gateway = builder.AddShell("gateway", $"[ -e \"${End}\" ] && exec sleep 600; until [ -e \"${End}\" ]; do sleep 0.05; done; exit 1")
                .WithHttpEndpoint();
            gateway.WithFirstSteps(builder.AddParameter("apikey"));
            var starts = 0;
            gateway.OnResourceReady((_, _, _) =>
            {
                Console.WriteLine($"ready {++starts}");
                return Task.CompletedTask;
            });
            await builder.Build().RunAsync(CancellationToken.None);
        }
    }
}
