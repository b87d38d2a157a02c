namespace RankMyBrand.Tests.Support;

/// <summary>For tests that keep every core busy for seconds: they run while no other does, so that none has to wait for its turn.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LoadsAlone
{
    public const string Name = "Loads alone";
}
