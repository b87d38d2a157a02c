namespace RankMyBrand.Foundation.Events;

/// <summary>A listener took events more slowly than they came.</summary>
public sealed class ListenerTooSlowException(string stream)
    : Exception($"The listener of '{stream}' fell too far behind; it can resume after the last event it got.");
