namespace StackExchange.Redis;

/// <summary>How several sets combine.</summary>
public enum SetOperation
{
    /// <summary>Members of any set.</summary>
    Union = 0,

    /// <summary>Members of all sets.</summary>
    Intersect = 1,

    /// <summary>Members of the first set and of no other.</summary>
    Difference = 2,
}
