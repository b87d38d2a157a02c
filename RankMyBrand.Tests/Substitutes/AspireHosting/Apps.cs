using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

/// <summary>Small applications made of shell scripts, which start in milliseconds.</summary>
internal static class Apps
{
    /// <summary>Long enough for a loaded machine, short enough for a broken test.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Crashes are restarted almost at once.</summary>
    public static readonly string[] FastRestarts =
        ["DcpPublisher:CrashRestart:InitialDelay=00:00:00.010", "DcpPublisher:CrashRestart:MaxDelay=00:00:00.050"];

    public static IResourceBuilder<ExecutableResource> AddShell(this IDistributedApplicationBuilder builder, string name, string script) =>
        builder.AddExecutable(name, "/bin/sh", "/tmp", "-c", script);

    public static async Task<DistributedApplication> StartAsync(this IDistributedApplicationTestingBuilder builder)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var app = await builder.BuildAsync(cancellationToken);
        await app.StartAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        return app;
    }

    /// <summary>Waits until a line of the resource's log contains the text, and returns the line.</summary>
    public static async Task<string> LineAsync(this DistributedApplication app, string resource, string text)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        await foreach (var batch in app.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(resource).WithCancellation(patience.Token))
        {
            foreach (var line in batch)
            {
                if (line.Content.Contains(text, StringComparison.Ordinal))
                    return line.Content;
            }
        }

        throw new InvalidOperationException($"The log of '{resource}' ended without '{text}'.");
    }

    public static Task<ResourceEvent> EventAsync(this DistributedApplication app, string resource, Func<CustomResourceSnapshot, bool> predicate) =>
        app.ResourceNotifications.WaitForResourceAsync(resource, e => predicate(e.Snapshot), TestContext.Current.CancellationToken)
            .WaitAsync(Patience, TestContext.Current.CancellationToken);

    public static Task HealthyAsync(this DistributedApplication app, string resource) =>
        app.ResourceNotifications.WaitForResourceHealthyAsync(resource, TestContext.Current.CancellationToken)
            .WaitAsync(Patience, TestContext.Current.CancellationToken);

    public static Task StateAsync(this DistributedApplication app, string resource, string state) =>
        app.EventAsync(resource, s => s.State?.Text == state);
}
