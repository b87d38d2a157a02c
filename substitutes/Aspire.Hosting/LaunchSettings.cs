using System.Text.Json.Serialization;

namespace Aspire.Hosting;

/// <summary>The content of a project's <c>launchSettings.json</c>.</summary>
public sealed class LaunchSettings
{
    /// <summary>The profiles by name.</summary>
    [JsonPropertyName("profiles")]
    public Dictionary<string, LaunchProfile> Profiles { get; set; } = [];
}

/// <summary>A way to launch a project.</summary>
public sealed class LaunchProfile
{
    /// <summary>What is launched; <c>Project</c> is the project itself.</summary>
    [JsonPropertyName("commandName")]
    public string? CommandName { get; set; }

    /// <summary>The command line.</summary>
    [JsonPropertyName("commandLineArgs")]
    public string? CommandLineArgs { get; set; }

    /// <summary>The program, for profiles of executables.</summary>
    [JsonPropertyName("executablePath")]
    public string? ExecutablePath { get; set; }

    /// <summary>Whether <c>dotnet run</c> speaks.</summary>
    [JsonPropertyName("dotnetRunMessages")]
    public bool? DotnetRunMessages { get; set; }

    /// <summary>Whether a browser is opened.</summary>
    [JsonPropertyName("launchBrowser")]
    public bool? LaunchBrowser { get; set; }

    /// <summary>The page that the browser opens.</summary>
    [JsonPropertyName("launchUrl")]
    public string? LaunchUrl { get; set; }

    /// <summary>The URLs that the project listens on, separated by semicolons.</summary>
    [JsonPropertyName("applicationUrl")]
    public string? ApplicationUrl { get; set; }

    /// <summary>The environment variables.</summary>
    [JsonPropertyName("environmentVariables")]
    public Dictionary<string, string> EnvironmentVariables { get; set; } = [];
}

/// <summary>How telemetry is sent.</summary>
public enum OtlpProtocol
{
    /// <summary>gRPC.</summary>
    Grpc,

    /// <summary>Protobuf over HTTP.</summary>
    HttpProtobuf,

    /// <summary>JSON over HTTP.</summary>
    HttpJson,
}

/// <summary>How a project becomes a resource.</summary>
public class ProjectResourceOptions
{
    /// <summary>The launch profile, or null for the default one.</summary>
    public string? LaunchProfileName { get; set; }

    /// <summary>Whether no launch profile is used.</summary>
    public bool ExcludeLaunchProfile { get; set; }

    /// <summary>Whether endpoints in Kestrel's configuration are ignored.</summary>
    public bool ExcludeKestrelEndpoints { get; set; }
}
