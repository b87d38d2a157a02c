using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>A relay in a process of its own, which can be killed: this test program, asked to run nothing but <see cref="RelayUntilKilled"/>.</summary>
public sealed class RelayProcess
{
    private const string SettingsVariable = "RELAY_SETTINGS";

    public static Process Start(OutboxPlatform platform, params (string Key, string Value)[] settings)
    {
        var program = Path.ChangeExtension(typeof(RelayProcess).Assembly.Location, null);
        var all = platform.Connections.Select(connection => (connection.Key, Value: connection.Value!)).Concat(settings);
        var start = new ProcessStartInfo(program)
        {
            ArgumentList = { "-explicit", "only", "-method", $"{typeof(RelayProcess).FullName}.{nameof(RelayUntilKilled)}" },
            Environment = { [SettingsVariable] = JsonSerializer.Serialize(all.ToDictionary(setting => setting.Key, setting => setting.Value)) },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    [Fact(Explicit = true)]
    public async Task RelayUntilKilled()
    {
        if (Environment.GetEnvironmentVariable(SettingsVariable) is not { } text)
            return;
        var settings = JsonSerializer.Deserialize<Dictionary<string, string>>(text)!;
        using var host = OutboxPlatform.CreateHost(
            settings.Select(setting => (setting.Key, setting.Value)),
            services => services.AddSingleton<IEventBus>(provider => new DyingBus(
                ActivatorUtilities.CreateInstance<RedisEventBus>(provider), settings.GetValueOrDefault("Test:Die", "never"))));
        await host.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Kills its own process before or after one of the batches is published: "before 2", "after 2", "never".</summary>
    private sealed class DyingBus(IEventBus bus, string when) : IEventBus
    {
        private int _published;

        public ValueTask<PublishedEvent> PublishAsync(string stream, StreamEvent @event, CancellationToken cancellationToken = default) =>
            bus.PublishAsync(stream, @event, cancellationToken);

        public async Task<IReadOnlyList<PublishResult>> PublishAsync(
            string stream, IReadOnlyList<StreamEvent> events, CancellationToken cancellationToken = default)
        {
            var number = Interlocked.Increment(ref _published);
            DieIf($"before {number}");
            var published = await bus.PublishAsync(stream, events, cancellationToken);
            DieIf($"after {number}");
            return published;
        }

        private void DieIf(string now)
        {
            if (now != when)
                return;
            using var self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
