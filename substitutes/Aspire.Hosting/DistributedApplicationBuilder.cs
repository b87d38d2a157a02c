using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Builds a distributed application.</summary>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder, IUserSecretsOwner
{
    private readonly HostApplicationBuilder _inner;
    private readonly DistributedApplicationOptions _options;
    private readonly BuilderInterception? _interception = BuilderInterception.Current;
    private readonly DistributedApplicationExecutionContextOptions _contextOptions = new(DistributedApplicationOperation.Run);

    /// <summary>A builder for a command line.</summary>
    public DistributedApplicationBuilder(string[] args)
        : this(new DistributedApplicationOptions { Args = args })
    {
    }

    /// <summary>A builder with options.</summary>
    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        var host = new HostApplicationBuilderSettings { Args = options.Args };
        _interception?.Constructing(options, host);
        if (_interception is null)
            FatalErrors.ReportUnhandled();

        AppHostAssembly = options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly();
        AppHostDirectory = options.ProjectDirectory ?? AppHostMetadata.Find(AppHostAssembly, "apphostprojectpath") ?? Directory.GetCurrentDirectory();
        ProjectName = AppHostMetadata.Find(AppHostAssembly, "apphostprojectname") ?? $"{AppHostAssembly?.GetName().Name ?? "AppHost"}.csproj";
        host.ContentRootPath ??= AppHostDirectory;
        host.ApplicationName ??= AppHostAssembly?.GetName().Name;
        host.Configuration ??= new ConfigurationManager();
        host.Configuration.AddEnvironmentVariables("ASPIRE_");
        _inner = new HostApplicationBuilder(host);
        UserSecrets = UserSecrets.Of(AppHostAssembly);
        UserSecrets.AddTo(_inner.Configuration);
        _inner.Configuration.AddInMemoryCollection(HostKeys());

        ExecutionContext = new DistributedApplicationExecutionContext(_contextOptions);
        HostServices.Register(this, options, isTest: _interception is not null);
        _interception?.Constructed(this);
    }

    /// <inheritdoc/>
    public ConfigurationManager Configuration => _inner.Configuration;

    /// <inheritdoc/>
    public string AppHostDirectory { get; }

    /// <summary>The path of the application host's project, without its extension.</summary>
    public string AppHostPath => Path.Combine(AppHostDirectory, Path.GetFileNameWithoutExtension(ProjectName));

    /// <inheritdoc/>
    public Assembly? AppHostAssembly { get; }

    /// <inheritdoc/>
    public IHostEnvironment Environment => _inner.Environment;

    /// <inheritdoc/>
    public IServiceCollection Services => _inner.Services;

    /// <inheritdoc/>
    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    /// <inheritdoc/>
    public DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <inheritdoc/>
    public IResourceCollection Resources { get; } = new ResourceCollection();

    internal UserSecrets UserSecrets { get; }

    UserSecrets IUserSecretsOwner.UserSecrets => UserSecrets;

    internal string ProjectName { get; }

    /// <inheritdoc/>
    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (Resources.TryGetByName(resource.Name, out var other))
        {
            throw new DistributedApplicationException(
                $"Cannot add resource of type '{resource.GetType()}' with name '{resource.Name}' because resource of type '{other.GetType()}' " +
                "with that name already exists. Resource names are case-insensitive.");
        }

        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    /// <inheritdoc/>
    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ResourceBuilder<T>(this, resource);
    }

    /// <inheritdoc/>
    public DistributedApplication Build()
    {
        _interception?.Building(this);
        _inner.Services.AddSingleton(new DistributedApplicationModel(Resources));
        var app = new DistributedApplication(_inner.Build(), _interception, _options.Args ?? []);
        _contextOptions.Services = app.Services;
        _interception?.Built(app);
        return app;
    }

    private Dictionary<string, string?> HostKeys()
    {
        var fullPath = Path.Combine(AppHostDirectory, ProjectName);
        return new Dictionary<string, string?>
        {
            ["AppHost:Directory"] = AppHostDirectory,
            ["AppHost:Path"] = AppHostPath,
            ["AppHost:FilePath"] = fullPath,
            ["AppHost:DashboardApplicationName"] = _options.DashboardApplicationName ?? Environment.ApplicationName,
            ["AppHost:PathSha256"] = Sha256(fullPath.ToLowerInvariant()),
            ["AppHost:ProjectNameSha256"] = Sha256(ProjectName.ToLowerInvariant()),
            ["AppHost:Sha256"] = Sha256(fullPath.ToLowerInvariant()),
            ["AppHost:Operation"] = "run",
        };
    }

    private static string Sha256(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
