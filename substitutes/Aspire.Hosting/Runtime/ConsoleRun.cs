using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>Runs an application from the command line: tells what happens, and ends with one sentence when it cannot work.</summary>
internal static class ConsoleRun
{
    public static async Task RunAsync(DistributedApplication app, string[] args, CancellationToken cancellationToken)
    {
        await using (app)
        {
            try
            {
                switch (RunArguments.Read(args))
                {
                    case RunVerb.Help:
                        app.Services.GetRequiredService<AppConsole>().Write(RunArguments.Usage);
                        break;
                    case RunVerb.Reset:
                        await ActivatorUtilities.CreateInstance<ResetCommand>(app.Services).RunAsync(cancellationToken);
                        break;
                    default:
                        await RunAsync(app, cancellationToken);
                        break;
                }
            }
            catch (DistributedApplicationException e)
            {
                FatalErrors.Report(e.Message);
            }
        }
    }

    private static async Task RunAsync(DistributedApplication app, CancellationToken cancellationToken)
    {
        var console = app.Services.GetRequiredService<AppConsole>();
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        var reporter = app.Services.GetRequiredService<ProgressReporter>();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onStop = lifetime.ApplicationStopping.Register(stopping.SetResult);
        await using var onCancel = cancellationToken.Register(lifetime.StopApplication);

        console.Write(
            $"Starting {app.Services.GetRequiredService<IHostEnvironment>().ApplicationName}; the output of NAME goes to " +
            Path.Combine(app.Services.GetRequiredService<ResourceLogFiles>().Location, "NAME.log"));
        var watch = StopWithLauncherAsync(lifetime, app.Services.GetRequiredService<TimeProvider>());
        var failure = app.Services.GetRequiredService<StartFailures>().First;
        var start = app.StartAsync(CancellationToken.None);
        var healthy = HealthyAsync(start, reporter);
        var first = await Task.WhenAny(healthy, failure, stopping.Task);
        if (first == healthy && healthy.IsCompletedSuccessfully)
        {
            console.Write("All resources are healthy. Press Ctrl-C to stop.");
            await stopping.Task;
        }

        console.Write("Stopping");
        lifetime.StopApplication();
        try
        {
            await start;
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Stopped while it started.
        }

        await app.StopAsync(CancellationToken.None);
        await watch;
        console.Write("Stopped");
        if (first == failure)
            FatalErrors.Report((await failure).Message);
    }

    private static async Task HealthyAsync(Task start, ProgressReporter reporter)
    {
        await start;
        await reporter.AllHealthy;
    }

    // Whoever kills `dotnet run` means the application.
    private static async Task StopWithLauncherAsync(IHostApplicationLifetime lifetime, TimeProvider time)
    {
        if (await Launchers.EndOfDotnetRunAsync(time, lifetime.ApplicationStopping))
            lifetime.StopApplication();
    }
}
