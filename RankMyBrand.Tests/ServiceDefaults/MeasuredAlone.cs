namespace RankMyBrand.Tests.ServiceDefaults;

/// <summary>
/// For tests that read the metrics of a service. Services of one process share the series of meters with the same name: the first
/// that ends takes them along. In production there is one service per process; here these tests run while no other does.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "Measured alone";
}
