namespace Aspire.StackExchange.Redis;

/// <summary>Settings of a Redis client, read from <c>Aspire:StackExchange:Redis</c> and <c>Aspire:StackExchange:Redis:{name}</c>.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>The connection string; <c>ConnectionStrings:{name}</c> comes before it.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether to leave out the health check.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Whether to leave out the traces.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Whether to connect on first use instead of at start. True by default.</summary>
    public bool DisableAutoActivation { get; set; } = true;
}
