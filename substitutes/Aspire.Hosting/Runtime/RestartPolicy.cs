using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Runtime;

/// <summary>How crashed instances are restarted.</summary>
internal sealed class RestartPolicy(IConfiguration configuration)
{
    private const string Section = "DcpPublisher:CrashRestart";

    /// <summary>The delay before the first restart; it doubles with every further one.</summary>
    public TimeSpan InitialDelay { get; } = configuration.GetValue($"{Section}:InitialDelay", TimeSpan.FromMilliseconds(200));

    /// <summary>The longest delay.</summary>
    public TimeSpan MaxDelay { get; } = configuration.GetValue($"{Section}:MaxDelay", TimeSpan.FromSeconds(10));

    /// <summary>A life of this length makes the crashes before it forgotten.</summary>
    public TimeSpan ResetAfter { get; } = configuration.GetValue($"{Section}:ResetAfter", TimeSpan.FromSeconds(30));

    /// <summary>This many quick crashes in a row are a crash loop.</summary>
    public int MaxCrashes { get; } = configuration.GetValue($"{Section}:MaxCrashes", 10);

    public TimeSpan DelayAfter(int crashes) => TimeSpan.FromTicks(
        (long)Math.Min(MaxDelay.Ticks, InitialDelay.Ticks * Math.Pow(2, crashes - 1)));
}
