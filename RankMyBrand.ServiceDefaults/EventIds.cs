namespace RankMyBrand.ServiceDefaults;

/// <summary>The ids of this project's log messages.</summary>
internal static class EventIds
{
    public const int Draining = 1000;
    public const int DependencyUnavailable = 1001;
    public const int RedisNotMeasured = 1002;
}
