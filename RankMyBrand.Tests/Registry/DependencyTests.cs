using RankMyBrand.Registry.Dependencies;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Registry;

public sealed class DependencyTests
{
    [Theory]
    [InlineData("")]
    [InlineData("Key=x")]
    [InlineData("Endpoint=")]
    [InlineData("Endpoint=localhost:8000")]
    [InlineData("Endpoint=redis://localhost:8000")]
    [InlineData("http://localhost:8000")]
    [InlineData("Endpoint='http://localhost:8000")]
    public void Start_NoEndpointInTheConnectionString_IsNamed(string connectionString)
    {
        var error = Assert.Throws<InvalidOperationException>(() => ServiceUnderTest.Build(
            configure: builder => builder.AddDependencyChecks(), settings: ("ConnectionStrings:chroma", connectionString)));

        Assert.StartsWith("ConnectionStrings:chroma is missing or has no Endpoint", error.Message, StringComparison.Ordinal);
    }
}
