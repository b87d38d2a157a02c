namespace Aspire.Hosting;

/// <summary>Options of the application builder.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>The command line.</summary>
    public string[]? Args { get; set; }

    /// <summary>The application host's assembly; the entry assembly when null.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>Whether there is no dashboard.</summary>
    public bool DisableDashboard { get; set; }

    /// <summary>Whether the output of resources goes to the log, in the category <c>{AppHost}.Resources.{resource}</c>.</summary>
    public bool EnableResourceLogging { get; set; }

    /// <summary>Whether plain HTTP is allowed for the dashboard.</summary>
    public bool AllowUnsecuredTransport { get; set; }

    /// <summary>The registry that all images come from.</summary>
    public string? ContainerRegistryOverride { get; set; }

    /// <summary>The application host's project folder.</summary>
    public string? ProjectDirectory { get; set; }

    /// <summary>The name that the dashboard shows.</summary>
    public string? DashboardApplicationName { get; set; }

    /// <summary>Whether containers trust the developer certificate.</summary>
    public bool? TrustDeveloperCertificate { get; set; }

    /// <summary>Whether the developer certificate is used for TLS.</summary>
    public bool? DeveloperCertificateDefaultHttpsTerminationEnabled { get; set; }
}
