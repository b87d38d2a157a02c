using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Gateway.Http;

/// <summary>
/// Stops a start with an operators' port on which nothing listens: /health would be nowhere, and the orchestrator would end one replica
/// after the other for it.
/// </summary>
internal sealed class OperatorsPort(IOptions<AddressesOptions> options, IServer server) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Value.OperatorsPort is not { } port || server.Features.Get<IServerAddressesFeature>() is not { } bound)
            return Task.CompletedTask;
        var ports = bound.Addresses.Select(address => BindingAddress.Parse(address).Port).ToArray();
        return ports.Contains(port)
            ? Task.CompletedTask
            : throw new OptionsValidationException(
                AddressesOptions.Section,
                typeof(AddressesOptions),
                [$"{AddressesOptions.Section}:{nameof(AddressesOptions.OperatorsPort)} is {port}, where the gateway does not listen; "
                    + $"add http://*:{port} to ASPNETCORE_URLS. It listens on {string.Join(", ", ports)}."]);
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
