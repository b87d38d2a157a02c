namespace Aspire.Npgsql;

/// <summary>Settings of a PostgreSQL data source, read from <c>Aspire:Npgsql</c> and <c>Aspire:Npgsql:{name}</c>.</summary>
public sealed class NpgsqlSettings
{
    /// <summary>The connection string; <c>ConnectionStrings:{name}</c> comes before it.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether to leave out the health check.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Whether to leave out the traces.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Whether to leave out the metrics.</summary>
    public bool DisableMetrics { get; set; }
}
