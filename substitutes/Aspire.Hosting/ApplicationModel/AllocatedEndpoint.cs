using System.Collections;
using System.Collections.Concurrent;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The address of an endpoint, once it is known.</summary>
public class AllocatedEndpoint
{
    /// <summary>An address on one host name.</summary>
    public AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port, string? targetPortExpression = null)
        : this(endpoint, address, port, EndpointBindingMode.SingleAddress, targetPortExpression)
    {
    }

    /// <summary>An address with its way of binding.</summary>
    public AllocatedEndpoint(
        EndpointAnnotation endpoint, string address, int port, EndpointBindingMode bindingMode, string? targetPortExpression = null)
        : this(endpoint, address, port, bindingMode, targetPortExpression, null)
    {
    }

    /// <summary>An address on a network.</summary>
    public AllocatedEndpoint(
        EndpointAnnotation endpoint, string address, int port, EndpointBindingMode bindingMode, string? targetPortExpression = null,
        NetworkIdentifier? networkId = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentException.ThrowIfNullOrEmpty(address);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, 65535);
        Endpoint = endpoint;
        Address = address;
        Port = port;
        BindingMode = bindingMode;
        TargetPortExpression = targetPortExpression;
        NetworkID = networkId ?? KnownNetworkIdentifiers.LocalhostNetwork;
    }

    /// <summary>The endpoint.</summary>
    public EndpointAnnotation Endpoint { get; }

    /// <summary>The host name.</summary>
    public string Address { get; }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Which addresses the endpoint is bound to.</summary>
    public EndpointBindingMode BindingMode { get; }

    /// <summary>The port that the process listens on, possibly to be filled in per replica.</summary>
    public string? TargetPortExpression { get; }

    /// <summary>The network on which the address is valid.</summary>
    public NetworkIdentifier NetworkID { get; }

    /// <summary><c>host:port</c></summary>
    public string EndPointString => $"{Address}:{Port}";

    /// <summary>The scheme.</summary>
    public string UriScheme => Endpoint.UriScheme;

    /// <summary><c>scheme://host:port</c></summary>
    public string UriString => $"{UriScheme}://{EndPointString}";

    /// <inheritdoc/>
    public override string ToString() => UriString;
}

/// <summary>Which addresses an endpoint is bound to.</summary>
public enum EndpointBindingMode
{
    /// <summary>One address.</summary>
    SingleAddress,

    /// <summary>All addresses of both families.</summary>
    DualStackAnyAddresses,

    /// <summary>All IPv4 addresses.</summary>
    IPv4AnyAddresses,

    /// <summary>All IPv6 addresses.</summary>
    IPv6AnyAddresses,
}

/// <summary>A value that others can wait for.</summary>
public sealed class ValueSnapshot<T>
    where T : notnull
{
    private volatile TaskCompletionSource<T> _value = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the value is known.</summary>
    public bool IsValueSet => _value.Task.IsCompleted;

    /// <summary>Waits for the value.</summary>
    public Task<T> GetValueAsync(CancellationToken cancellationToken = default) => _value.Task.WaitAsync(cancellationToken);

    /// <summary>Sets or replaces the value.</summary>
    public void SetValue(T value)
    {
        if (_value.TrySetResult(value))
            return;

        var replacement = new TaskCompletionSource<T>();
        replacement.SetResult(value);
        _value = replacement;
    }

    /// <summary>Says that there will be no value.</summary>
    public void SetException(Exception exception) => _value.TrySetException(exception);

    internal T? Current => _value.Task.IsCompletedSuccessfully ? _value.Task.GetAwaiter().GetResult() : default;
}

/// <summary>An endpoint's address on one network.</summary>
public record NetworkEndpointSnapshot(ValueSnapshot<AllocatedEndpoint> Snapshot, NetworkIdentifier NetworkID);

/// <summary>An endpoint's addresses, one per network.</summary>
public class NetworkEndpointSnapshotList : IEnumerable<NetworkEndpointSnapshot>
{
    private readonly ConcurrentDictionary<NetworkIdentifier, NetworkEndpointSnapshot> _snapshots = new();

    /// <summary>Sets the address on a network.</summary>
    public void AddOrUpdateAllocatedEndpoint(NetworkIdentifier networkId, AllocatedEndpoint endpoint) =>
        Of(networkId).Snapshot.SetValue(endpoint);

    /// <summary>Waits for the address on a network.</summary>
    public Task<AllocatedEndpoint> GetAllocatedEndpointAsync(NetworkIdentifier networkId, CancellationToken cancellationToken = default) =>
        Of(networkId).Snapshot.GetValueAsync(cancellationToken);

    /// <inheritdoc/>
    public IEnumerator<NetworkEndpointSnapshot> GetEnumerator() => _snapshots.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal AllocatedEndpoint? Find(NetworkIdentifier networkId) =>
        _snapshots.TryGetValue(networkId, out var found) ? found.Snapshot.Current : null;

    private NetworkEndpointSnapshot Of(NetworkIdentifier networkId) =>
        _snapshots.GetOrAdd(networkId, static id => new NetworkEndpointSnapshot(new ValueSnapshot<AllocatedEndpoint>(), id));
}
