using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class EnvironmentTests
{
    [Fact]
    public async Task Reference_ToAPostgresDatabase_InjectsStringAndProperties()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:pg-password=p w");
        var server = builder.AddPostgres("pg");
        Allocate(server, "tcp", 5555);
        var database = server.AddDatabase("brands", "brand-data");
        var worker = builder.AddShell("worker", "true").WithReference(database);

        var variables = await VariablesOf(worker);

        Assert.Equal("Host=localhost;Port=5555;Username=postgres;Password=p w;Database=brand-data", variables["ConnectionStrings__brands"]);
        Assert.Equal("localhost", variables["BRANDS_HOST"]);
        Assert.Equal("5555", variables["BRANDS_PORT"]);
        Assert.Equal("postgres", variables["BRANDS_USERNAME"]);
        Assert.Equal("p w", variables["BRANDS_PASSWORD"]);
        Assert.Equal("brand-data", variables["BRANDS_DATABASENAME"]);
        Assert.Equal("postgresql://postgres:p%20w@localhost:5555/brand-data", variables["BRANDS_URI"]);
        Assert.Equal("jdbc:postgresql://localhost:5555/brand-data", variables["BRANDS_JDBCCONNECTIONSTRING"]);
    }

    [Fact]
    public async Task Reference_ToRedis_InjectsStringAndProperties()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:cache-password=secret");
        var cache = builder.AddRedis("cache");
        Allocate(cache, "tcp", 6666);
        var worker = builder.AddShell("worker", "true").WithReference(cache, connectionName: "fast");

        var variables = await VariablesOf(worker);

        Assert.Equal("localhost:6666,password=secret", variables["ConnectionStrings__fast"]);
        Assert.Equal("redis://:secret@localhost:6666", variables["FAST_URI"]);
    }

    [Fact]
    public async Task Redis_WithPersistenceAndFurtherArguments_KeepsThemApartUntilTheShellJoinsThem()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var redis = builder.AddRedis("redis").WithPersistence(TimeSpan.FromSeconds(5), 3).WithArgs("--appendonly", "yes");

        var configuration = await ExecutionConfigurationBuilder.Create(redis.Resource).WithArgumentsConfig()
            .BuildAsync(builder.ExecutionContext, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(
            ["redis-server", "--requirepass", "$REDIS_PASSWORD", "--save", "5", "3", "--appendonly", "yes"], configuration.Arguments.Select(a => a.Value));
        Assert.Equal("/bin/sh", redis.Resource.Entrypoint);
    }

    [Fact]
    public async Task Reference_ToAService_InjectsItsEndpoints()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var api = builder.AddProject("my-api", "/src/My.Api/My.Api.csproj").WithHttpEndpoint().WithHttpsEndpoint().WithEndpoint(scheme: "http", name: "admin");
        Allocate(api, "http", 5001);
        Allocate(api, "https", 5002);
        Allocate(api, "admin", 5003);
        var worker = builder.AddShell("worker", "true").WithReference(api).WithReference(api.GetEndpoint("http"));

        var variables = await VariablesOf(worker);

        Assert.Equal("http://localhost:5001", variables["services__my-api__http__0"]);
        Assert.Equal("https://localhost:5002", variables["services__my-api__https__0"]);
        Assert.Equal("http://localhost:5003", variables["services__my-api__admin__0"]);
        Assert.Equal("http://localhost:5001", variables["MY_API_HTTP"]);
        Assert.Equal("http://localhost:5003", variables["MY_API_ADMIN"]);
        Assert.DoesNotContain("services__my-api__http__1", variables.Keys);
    }

    [Fact]
    public async Task Reference_ToOneEndpointOfAContainer_InjectsOnlyThat()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var store = builder.AddContainer("store", "registry.example:5000/store").WithHttpEndpoint(targetPort: 80).WithEndpoint(targetPort: 81, name: "raw");
        Allocate(store, "http", 5001);
        var worker = builder.AddShell("worker", "true").WithReference(store.GetEndpoint("http"));

        var variables = await VariablesOf(worker);

        Assert.Equal("http://localhost:5001", variables["services__store__http__0"]);
        Assert.DoesNotContain("services__store__raw__0", variables.Keys);
    }

    [Fact]
    public async Task Reference_ToAUriOrAnExternalService_InjectsIt()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var external = builder.AddExternalService("models", "https://models.example");
        var worker = builder.AddShell("worker", "true").WithReference("ext", new Uri("https://ext.example")).WithReference(external);

        var variables = await VariablesOf(worker);

        Assert.Equal("https://ext.example/", variables["services__ext__default__0"]);
        Assert.Equal("https://models.example/", variables["services__models__https__0"]);
        Assert.Equal("https://models.example/", variables["MODELS"]);
    }

    [Fact]
    public async Task ReferenceEnvironment_WithFlags_InjectsOnlyThatKind()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:cache-password=secret");
        var cache = builder.AddRedis("cache");
        Allocate(cache, "tcp", 6666);
        var worker = builder.AddShell("worker", "true").WithReference(cache).WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString);

        var variables = await VariablesOf(worker);

        Assert.Equal(["ConnectionStrings__cache"], variables.Keys);
    }

    [Fact]
    public async Task Environment_EveryOverload_BindsToItsOwnKindOfValue()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:key=k", "Parameters:redis-password=p");
        var key = builder.AddParameter("key");
        var redis = builder.AddRedis("redis");
        Allocate(redis, "tcp", 6000);
        var endpoint = redis.GetEndpoint("tcp");
        IExpressionValue port = endpoint.Property(EndpointProperty.Port);
        var worker = builder.AddShell("worker", "true")
            .WithEnvironment("LITERAL", "text {not a hole}")
            .WithEnvironment("CONSTANT", $"constant")
            .WithEnvironment("HANDLER", $"{key}@{endpoint.Property(EndpointProperty.HostAndPort)}/{{x}}")
            .WithEnvironment("ENDPOINT", endpoint)
            .WithEnvironment("EXPRESSION", ReferenceExpression.Create($"<{key}>"))
            .WithEnvironment("PROPERTY", endpoint.Property(EndpointProperty.Port))
            .WithEnvironment("VALUE", port)
            .WithEnvironment("PARAMETER", key)
            .WithEnvironment("STRING", redis)
            .WithEnvironment("FUNCTION", () => "computed")
            .WithEnvironment("NOTHING", (string?)null)
            .WithEnvironment(context => context.EnvironmentVariables["CONTEXT"] = context.Resource.Name);

        var variables = await VariablesOf(worker);

        Assert.Equal("text {not a hole}", variables["LITERAL"]);
        Assert.Equal("constant", variables["CONSTANT"]);
        Assert.Equal("k@localhost:6000/{x}", variables["HANDLER"]);
        Assert.Equal("redis://localhost:6000", variables["ENDPOINT"]);
        Assert.Equal("<k>", variables["EXPRESSION"]);
        Assert.Equal("6000", variables["PROPERTY"]);
        Assert.Equal("6000", variables["VALUE"]);
        Assert.Equal("k", variables["PARAMETER"]);
        Assert.Equal("localhost:6000,password=p", variables["STRING"]);
        Assert.Equal("computed", variables["FUNCTION"]);
        Assert.Equal("", variables["NOTHING"]);
        Assert.Equal("worker", variables["CONTEXT"]);
    }

    [Fact]
    public async Task ConnectionString_ThatIsMissing_NamesTheResource()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var worker = builder.AddShell("worker", "true").WithReference(builder.AddConnectionString("warehouse"));

        var configuration = await ExecutionConfigurationBuilder.Create(worker.Resource).WithEnvironmentVariablesConfig()
            .BuildAsync(builder.ExecutionContext, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Contains("warehouse", configuration.Exception!.Message, StringComparison.Ordinal);
    }

    private static void Allocate<T>(IResourceBuilder<T> resource, string endpoint, int port)
        where T : IResourceWithEndpoints =>
        resource.WithEndpoint(endpoint, e => e.AllocatedEndpoint = new AllocatedEndpoint(e, "localhost", port));

    private static async Task<Dictionary<string, string>> VariablesOf<T>(IResourceBuilder<T> resource)
        where T : IResource
    {
        var configuration = await ExecutionConfigurationBuilder.Create(resource.Resource).WithEnvironmentVariablesConfig()
            .BuildAsync(resource.ApplicationBuilder.ExecutionContext, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Null(configuration.Exception);
        return configuration.EnvironmentVariables.ToDictionary();
    }
}
