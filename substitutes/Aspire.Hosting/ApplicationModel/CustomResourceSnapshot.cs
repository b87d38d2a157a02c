using System.Collections.Immutable;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The state of a resource instance at one moment.</summary>
public sealed record CustomResourceSnapshot
{
    /// <summary>The kind of resource, for example <c>Container</c>.</summary>
    public required string ResourceType { get; init; }

    /// <summary>Further properties.</summary>
    public required ImmutableArray<ResourcePropertySnapshot> Properties { get; init; }

    /// <summary>The state; see <see cref="KnownResourceStates"/>.</summary>
    public ResourceStateSnapshot? State { get; init; }

    /// <summary>The exit code, once the process has ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When the resource was created.</summary>
    public DateTime? CreationTimeStamp { get; init; }

    /// <summary>When the resource was started.</summary>
    public DateTime? StartTimeStamp { get; init; }

    /// <summary>When the resource ended.</summary>
    public DateTime? StopTimeStamp { get; init; }

    /// <summary>The URLs.</summary>
    public ImmutableArray<UrlSnapshot> Urls { get; init; } = [];

    /// <summary>The environment variables.</summary>
    public ImmutableArray<EnvironmentVariableSnapshot> EnvironmentVariables { get; init; } = [];

    /// <summary>The volumes and folders.</summary>
    public ImmutableArray<VolumeSnapshot> Volumes { get; init; } = [];

    /// <summary>The relations to other resources.</summary>
    public ImmutableArray<RelationshipSnapshot> Relationships { get; init; } = [];

    /// <summary>The commands.</summary>
    public ImmutableArray<ResourceCommandSnapshot> Commands { get; init; } = [];

    /// <summary>The results of the health checks.</summary>
    public ImmutableArray<HealthReportSnapshot> HealthReports { get; internal init; } = [];

    /// <summary>The worst result while the resource runs, healthy when there are no checks, null when it does not run.</summary>
    public HealthStatus? HealthStatus
    {
        get
        {
            if (State?.Text != KnownResourceStates.Running)
                return null;
            return HealthReports.IsEmpty
                ? Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy
                : HealthReports.Min(r => r.Status ?? Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy);
        }
    }

    /// <summary>The handlers of the event that says the resource is ready; null before it is.</summary>
    internal Task? Ready { get; init; }

    /// <summary>Whether the resource is left out of lists.</summary>
    public bool IsHidden { get; init; }

    /// <summary>The icon.</summary>
    public string? IconName { get; init; }

    /// <summary>The icon's variant.</summary>
    public IconVariant? IconVariant { get; init; }
}

/// <summary>A state's name and how it is shown.</summary>
public sealed record ResourceStateSnapshot(string Text, string? Style)
{
    /// <summary>A state without a style.</summary>
    public static implicit operator ResourceStateSnapshot?(string? s) => s is null ? null : new ResourceStateSnapshot(s, null);
}

/// <summary>A URL of a resource.</summary>
public sealed record UrlSnapshot(string? Name, string Url, bool IsInternal)
{
    /// <summary>Whether nothing answers there now.</summary>
    public bool IsInactive { get; init; }

    /// <summary>How the URL is shown.</summary>
    public UrlDisplayPropertiesSnapshot DisplayProperties { get; init; } = new();
}

/// <summary>How a URL is shown.</summary>
public sealed record UrlDisplayPropertiesSnapshot(string DisplayName = "", int SortOrder = 0);

/// <summary>An environment variable.</summary>
public sealed record EnvironmentVariableSnapshot(string Name, string? Value, bool IsFromSpec);

/// <summary>A further property.</summary>
public sealed record ResourcePropertySnapshot(string Name, object? Value)
{
    /// <summary>Whether the value must not be shown.</summary>
    public bool IsSensitive { get; init; }
}

/// <summary>A volume or folder.</summary>
public sealed record VolumeSnapshot(string? Source, string Target, string MountType, bool IsReadOnly);

/// <summary>A relation to another resource.</summary>
public sealed record RelationshipSnapshot(string ResourceName, string Type);

/// <summary>The result of one health check.</summary>
public sealed record HealthReportSnapshot(string Name, HealthStatus? Status, string? Description, string? ExceptionText)
{
    /// <summary>When the check ran last.</summary>
    public DateTime? LastRunAt { get; init; }
}

/// <summary>A command of a resource.</summary>
public sealed record ResourceCommandSnapshot(
    string Name, ResourceCommandState State, string DisplayName, string? DisplayDescription, object? Parameter, string? ConfirmationMessage,
    string? IconName, IconVariant? IconVariant, bool IsHighlighted)
{
    /// <summary>Who sees the command.</summary>
    public ResourceCommandVisibility Visibility { get; init; } = ResourceCommandVisibility.UI | ResourceCommandVisibility.Api;
}

/// <summary>The names of states.</summary>
public static class KnownResourceStates
{
    /// <summary>Waits for somebody to start it.</summary>
    public static readonly string NotStarted = nameof(NotStarted);

    /// <summary>Waits for another resource.</summary>
    public static readonly string Waiting = nameof(Waiting);

    /// <summary>Is being started.</summary>
    public static readonly string Starting = nameof(Starting);

    /// <summary>Runs.</summary>
    public static readonly string Running = nameof(Running);

    /// <summary>Cannot run because the container engine does not answer.</summary>
    public static readonly string RuntimeUnhealthy = nameof(RuntimeUnhealthy);

    /// <summary>Is being stopped.</summary>
    public static readonly string Stopping = nameof(Stopping);

    /// <summary>Was stopped.</summary>
    public static readonly string Exited = nameof(Exited);

    /// <summary>Ended by itself.</summary>
    public static readonly string Finished = nameof(Finished);

    /// <summary>Could not be started.</summary>
    public static readonly string FailedToStart = nameof(FailedToStart);

    /// <summary>Is being built.</summary>
    public static readonly string Building = nameof(Building);

    /// <summary>Has no value.</summary>
    public static readonly string ValueMissing = nameof(ValueMissing);

    /// <summary>Is there, without a lifetime of its own.</summary>
    public static readonly string Active = nameof(Active);

    /// <summary>States that a resource leaves only when it is started again.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited];

    /// <summary>States in which a project can be rebuilt.</summary>
    public static readonly IReadOnlyList<string> BuildableStates = [NotStarted, Exited, Finished, FailedToStart];
}

/// <summary>How states are shown.</summary>
public static class KnownResourceStateStyles
{
    /// <summary>Good.</summary>
    public static readonly string Success = "success";

    /// <summary>Bad.</summary>
    public static readonly string Error = "error";

    /// <summary>Neither.</summary>
    public static readonly string Info = "info";

    /// <summary>Doubtful.</summary>
    public static readonly string Warn = "warning";
}

/// <summary>The names of properties with a meaning.</summary>
public static class CustomResourceKnownProperties
{
    /// <summary>Where the resource comes from.</summary>
    public static string Source { get; } = "resource.source";

    /// <summary>The resource's connection string.</summary>
    public static string ConnectionString { get; } = "resource.connectionString";
}
