namespace RankMyBrand.Gateway.Routing;

/// <summary>The ids of the log messages of routing.</summary>
internal static class EventIds
{
    public const int RoutesChanged = 2100;
    public const int RoutesRefused = 2101;
    public const int ServicesRefused = 2102;
    public const int ServiceRefused = 2103;
    public const int CatalogFailed = 2104;
    public const int CatalogSlow = 2105;
    public const int FileBroken = 2106;
    public const int FileGone = 2107;
    public const int CircuitOpened = 2110;
    public const int CircuitClosed = 2111;
    public const int RequestFailed = 2120;
}
