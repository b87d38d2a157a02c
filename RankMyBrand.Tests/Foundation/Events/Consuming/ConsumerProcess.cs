using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

/// <summary>A consumer in a process of its own, which kills itself: this test program, asked to run nothing but <see cref="ConsumeUntilKilled"/>.</summary>
public sealed class ConsumerProcess
{
    /// <summary>The Redis list that says which event was tried, and how often.</summary>
    public const string Diary = "test:diary";

    private const string SettingsVariable = "CONSUMER_SETTINGS";

    /// <summary>Starts a consumer that dies between handling <paramref name="victim"/> and acknowledging it; the exit code is 137.</summary>
    public static async Task<int> RunAsync(string redis, int victim, EventOrdering ordering, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(ConsumerProcess).Assembly.Location, null))
        {
            ArgumentList = { "-explicit", "only", "-method", $"{typeof(ConsumerProcess).FullName}.{nameof(ConsumeUntilKilled)}" },
            Environment = { [SettingsVariable] = JsonSerializer.Serialize(new Settings(redis, victim, ordering)) },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync(cancellationToken).WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        return process.ExitCode;
    }

    [Fact(Explicit = true)]
    public async Task ConsumeUntilKilled()
    {
        if (Environment.GetEnvironmentVariable(SettingsVariable) is not { } text)
            return;
        var settings = JsonSerializer.Deserialize<Settings>(text)!;
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["ConnectionStrings:redis"] = settings.Redis;
        await using var redis = await ConnectionMultiplexer.ConnectAsync(settings.Redis);
        builder.AddEventHandler<int>(
            Responses,
            "g",
            async (number, delivery, _) =>
            {
                await redis.GetDatabase().ListRightPushAsync(Diary, $"{number}:{delivery.Attempt}");
                if (number == settings.Victim)
                    await DieAsync();
            },
            configure: options =>
            {
                Impatient(options);
                options.Ordering = settings.Ordering;
            });
        using var host = builder.Build();
        await host.RunAsync(TestContext.Current.CancellationToken);
    }

    private static async Task DieAsync()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
        await Task.Delay(Timeout.Infinite);
    }

    private sealed record Settings(string Redis, int Victim, EventOrdering Ordering);
}
