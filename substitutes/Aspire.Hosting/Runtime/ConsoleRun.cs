using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>Runs an application from the command line.</summary>
internal static class ConsoleRun
{
    public static async Task RunAsync(DistributedApplication app, string[] args, CancellationToken cancellationToken)
    {
        _ = args;
        await using (app)
        {
            await app.StartAsync(cancellationToken);
            await app.WaitForShutdownAsync(cancellationToken);
        }
    }
}
