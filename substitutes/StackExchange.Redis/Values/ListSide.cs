namespace StackExchange.Redis;

/// <summary>An end of a list.</summary>
public enum ListSide
{
    /// <summary>The head.</summary>
    Left = 0,

    /// <summary>The tail.</summary>
    Right = 1,
}
