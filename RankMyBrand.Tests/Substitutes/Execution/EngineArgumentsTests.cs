using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class EngineArgumentsTests
{
    [Theory]
    [InlineData("GOOGLE_API_KEY", false)]
    [InlineData("HTTP_BASIC_PASSWORD", false)]
    [InlineData("CONTAINER_REGISTRY_TOKEN", false)]
    [InlineData("HOME", true)]
    [InlineData("DOCKER_HOST", true)]
    public void Variable_UnlessTheCommandLineReadsItItself_IsNoArgument(string name, bool isArgument)
    {
        ContainerSpec spec = new() { Name = "test", Image = "redis", Environment = new Dictionary<string, string> { [name] = Servers.Password } };

        EngineArguments run = EngineArguments.For(spec, "docker");

        Assert.Equal(isArgument, run.Arguments.Any(argument => argument.Contains(Servers.Password, StringComparison.Ordinal)));
        Assert.Equal(!isArgument, run.Environment.ContainsKey(name));
    }
}
