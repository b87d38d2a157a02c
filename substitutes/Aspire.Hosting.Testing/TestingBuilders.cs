using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Passes everything on to the builder of the application under test.</summary>
internal abstract class TestingBuilder(DistributedApplicationBuilder inner) : IDistributedApplicationTestingBuilder, IUserSecretsOwner
{
    public ConfigurationManager Configuration => inner.Configuration;

    public string AppHostDirectory => inner.AppHostDirectory;

    public Assembly? AppHostAssembly => inner.AppHostAssembly;

    public IHostEnvironment Environment => inner.Environment;

    public IServiceCollection Services => inner.Services;

    public IDistributedApplicationEventing Eventing => inner.Eventing;

    public DistributedApplicationExecutionContext ExecutionContext => inner.ExecutionContext;

    public IResourceCollection Resources => inner.Resources;

    UserSecrets IUserSecretsOwner.UserSecrets => inner.UserSecrets;

    protected DistributedApplicationBuilder Inner => inner;

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        inner.AddResource(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build() => BuildAsync(CancellationToken.None).GetAwaiter().GetResult();

    public abstract Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);

    public abstract ValueTask DisposeAsync();

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}

/// <summary>The builder of an application that an entry point puts together.</summary>
internal sealed class EntryPointTestingBuilder(DistributedApplicationBuilder inner, EntryPointRun run) : TestingBuilder(inner)
{
    public override Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => run.BuildAsync(cancellationToken);

    public override ValueTask DisposeAsync() => run.DisposeAsync();
}

/// <summary>The builder of an application that the test itself puts together.</summary>
internal sealed class DirectTestingBuilder(DistributedApplicationBuilder inner) : TestingBuilder(inner)
{
    private DistributedApplication? _app;

    public static DirectTestingBuilder Create(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure, Assembly caller)
    {
        var outer = BuilderInterception.Current;
        BuilderInterception.Current = new BuilderInterception
        {
            Constructing = (options, host) =>
            {
                host.Args = args;
                TestDefaults.Apply(options, host, caller);
                configure(options, host);
            },
        };
        try
        {
            return new DirectTestingBuilder(new DistributedApplicationBuilder(new DistributedApplicationOptions { Args = args }));
        }
        finally
        {
            BuilderInterception.Current = outer;
        }
    }

    public override Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => Task.FromResult(_app ??= Inner.Build());

    public override async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }
}
