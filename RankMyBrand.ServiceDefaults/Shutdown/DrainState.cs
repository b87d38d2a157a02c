namespace RankMyBrand.ServiceDefaults.Shutdown;

/// <summary>Whether the service is about to stop.</summary>
internal sealed class DrainState
{
    private volatile bool _isDraining;

    public bool IsDraining => _isDraining;

    public void Begin() => _isDraining = true;
}
