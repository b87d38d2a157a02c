using System.Collections.Concurrent;
using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

/// <summary>A container runtime, the output of what it started, and volumes that end with the test class.</summary>
public abstract class ContainerFixture : IAsyncLifetime
{
    private readonly string _volumePrefix = $"test-{Guid.NewGuid():N}-";
    private readonly ConcurrentQueue<string> _output = [];

    public string Output => string.Join('\n', _output);

    internal ProcessSupervisor Supervisor { get; } = new();

    /// <summary>Skips the test where there is none.</summary>
    internal IContainerRuntime Runtime
    {
        get
        {
            Assert.SkipWhen(Found is null, Missing);
            return Found;
        }
    }

    private protected IContainerRuntime? Found { get; set; }

    private protected abstract string Missing { get; }

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        if (Found is not null)
        {
            IReadOnlyList<string> volumes = await Found.FindVolumesAsync(_volumePrefix, CancellationToken.None);
            await Found.DeleteVolumesAsync(volumes, _ => { }, CancellationToken.None);
        }

        await Supervisor.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal VolumeSpec NewVolume(string target) => new($"{_volumePrefix}{Guid.NewGuid():N}", target, IsBindMount: false, IsReadOnly: false);

    internal Task<Workload> StartAsync(ContainerSpec spec) =>
        Runtime.StartAsync(spec, line => _output.Enqueue(line.Text), TestContext.Current.CancellationToken);
}

/// <summary>The local servers of this user, installed on first use.</summary>
public sealed class LocalServerFixture : ContainerFixture
{
    private protected override string Missing => "Local servers need root.";

    public override async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            Found = new LocalServerRuntime(Supervisor, LocalServerDirectory.OfUser);
            await Found.PrepareAsync("redis", TestContext.Current.SendDiagnosticMessage, CancellationToken.None);
        }
    }
}

/// <summary>A container engine with the images of scripts/container-images.</summary>
public sealed class EngineFixture : ContainerFixture
{
    internal EngineCommand Engine => new(Runtime.Name, Supervisor);

    private protected override string Missing => "No container engine answers; 'scripts/container-engine start' makes one.";

    public override async ValueTask InitializeAsync() =>
        Found = await ContainerRuntimes.DetectAsync(configured: null, Supervisor, CancellationToken.None) as CommandLineContainerRuntime;
}
