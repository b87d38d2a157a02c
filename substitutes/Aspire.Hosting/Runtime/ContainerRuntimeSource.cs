using Aspire.Hosting.Execution;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Runtime;

/// <summary>Finds out once what runs containers here.</summary>
internal sealed class ContainerRuntimeSource(IConfiguration configuration, ProcessSupervisor supervisor)
{
    private readonly Lock _lock = new();
    private Task<IContainerRuntime>? _detection;

    public Task<IContainerRuntime> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _detection ??= ContainerRuntimes.DetectAsync(
                configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"], supervisor, CancellationToken.None);
            return _detection.WaitAsync(cancellationToken);
        }
    }
}
