using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Execution;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>Deletes what runs of the application have left behind: the data volumes and the generated secrets.</summary>
internal sealed class ResetCommand(
    DistributedApplicationModel model, ContainerRuntimeSource runtimes, UserSecrets secrets, GeneratedKeys generated, IConfiguration configuration,
    IHostEnvironment environment, AppConsole console)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var runtime = await runtimes.GetAsync(cancellationToken);
        var prefix = VolumeNameGenerator.Prefix(environment.ApplicationName, configuration);
        var volumes = new HashSet<string>(await runtime.FindVolumesAsync(prefix, cancellationToken), StringComparer.Ordinal);
        foreach (var mount in model.Resources.SelectMany(r => r.Annotations.OfType<ContainerMountAnnotation>()))
        {
            // A name of one's own may be the beginning of other programs' names.
            if (mount is { Type: ContainerMountType.Volume, Source: { } name })
                volumes.UnionWith((await runtime.FindVolumesAsync(name, cancellationToken)).Where(volume => volume == name));
        }

        await runtime.DeleteVolumesAsync([.. volumes], console.Progress, cancellationToken);
        await ForgetSecretsAsync(runtime, cancellationToken);
        console.Write($"{environment.ApplicationName} is reset: the next run starts without data.");
    }

    // Checkouts have data of their own and share the user's secrets: without the passwords, the data of the others would be lost.
    private async Task ForgetSecretsAsync(IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        var volumes = await runtime.FindVolumesAsync(VolumeNameGenerator.PrefixOfAll(environment.ApplicationName), cancellationToken);
        if (volumes.FirstOrDefault(volume => VolumeNameGenerator.IsOf(environment.ApplicationName, volume)) is { } other)
        {
            console.Progress($"kept the generated secrets, which the data of another checkout need (volume {other})");
            return;
        }

        foreach (var key in secrets.Remove(generated.Keys))
            console.Progress($"forgot the generated value of {key}");
    }
}
