using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using RankMyBrand.Tests.Docs;
using RankMyBrand.Tests.Foundation.Events.Consuming;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class ProxyTests
{
    [Fact]
    public async Task Resources_WhereTheEnvironmentNamesAProxy_AreReachedWithoutIt()
    {
        using var directory = new TemporaryDirectory();
        await using var process = ExampleProcess.Start(
            typeof(Serving), ("XDG_DATA_HOME", directory.Path), ("http_proxy", "http://127.0.0.1:1"), ("no_proxy", "intranet.example"));

        await Eventually.TrueAsync(() => process.Output.Contains("All resources are healthy.", StringComparison.Ordinal));

        var log = Assert.Single(Directory.GetFiles(directory.Path, "web.log", SearchOption.AllDirectories));
        await Eventually.TrueAsync(() => File.ReadAllText(log) == "no proxy for intranet.example,localhost,127.0.0.1\n");
    }

    /// <summary>An application with a resource that answers HTTP requests and says for whom it takes no proxy.</summary>
    private static class Serving
    {
        public static async Task RunAsync(string[] args)
        {
            var server = WebApplication.CreateSlimBuilder().Build();
            server.MapGet("/", () => "well");
            var builder = DistributedApplication.CreateBuilder(args);
            builder.AddShell("web", "echo no proxy for $no_proxy; exec sleep 600").WithHttpEndpoint().WithHttpHealthCheck("/")
                .OnBeforeResourceStarted((web, _, _) =>
                {
                    server.Urls.Add(web.GetEndpoint("http").Url);
                    return server.StartAsync(CancellationToken.None);
                });
            await builder.Build().RunAsync(CancellationToken.None);
            await server.DisposeAsync();
        }
    }
}
