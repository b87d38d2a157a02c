using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class ModelTests
{
    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a--b")]
    [InlineData("a_b")]
    [InlineData("ä")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234x")]
    public void ResourceName_OutsideTheRule_IsRejected(string name)
    {
        using var builder = DistributedApplicationTestingBuilder.Create();

        Assert.Throws<ArgumentException>(() => builder.AddContainer(name, "redis"));
    }

    [Fact]
    public void ResourceName_TakenInAnotherCase_IsRejected()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddContainer("redis", "redis");

        var error = Assert.Throws<DistributedApplicationException>(() => builder.AddContainer("Redis", "redis"));

        Assert.Contains("'Redis'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis", null, "redis:latest")]
    [InlineData("redis", "8", "redis:8")]
    [InlineData("host:5000/redis", null, "host:5000/redis:latest")]
    [InlineData("host:5000/redis:8", null, "host:5000/redis:8")]
    [InlineData("redis@sha256:abc", null, "redis@sha256:abc")]
    public void Image_Parsed_GivesItsFullName(string image, string? tag, string expected)
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var container = builder.AddContainer("c", "other:1").WithImage(image, tag);

        Assert.True(container.Resource.TryGetContainerImageName(out var name));
        Assert.Equal(expected, name);
    }

    [Fact]
    public void Image_WithTwoTags_IsRejected()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var container = builder.AddContainer("c", "redis");

        Assert.Throws<InvalidOperationException>(() => container.WithImage("redis:7", "8"));
    }

    [Theory]
    [InlineData("18.3", "/var/lib/postgresql")]
    [InlineData("17.2", "/var/lib/postgresql/data")]
    [InlineData("2.19.3-pg17", "/var/lib/postgresql/data")]
    [InlineData("latest-pg18", "/var/lib/postgresql/data")]
    public void PostgresVolume_ByTag_IsMountedWhereTheImageKeepsItsData(string tag, string path)
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var postgres = builder.AddPostgres("postgres").WithImageTag(tag).WithDataVolume();

        var mount = Assert.Single(postgres.Resource.Annotations.OfType<ContainerMountAnnotation>());

        Assert.Equal((path, ContainerMountType.Volume), (mount.Target, mount.Type));
        Assert.Matches("^[a-z0-9_.-]+-[0-9a-f]{10}-postgres-data$", mount.Source);
    }

    [Fact]
    public void BindMount_WithARelativeSource_IsRelativeToTheApplicationHost()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var container = builder.AddContainer("c", "redis").WithBindMount("conf", "/etc/conf", isReadOnly: true);

        var mount = Assert.Single(container.Resource.Annotations.OfType<ContainerMountAnnotation>());

        Assert.Equal((Path.Combine(builder.AppHostDirectory, "conf"), "/etc/conf", true), (mount.Source, mount.Target, mount.IsReadOnly));
    }

    [Fact]
    public void HealthCheck_OfAContainersEndpoint_IsNamedAfterWhatItAsks()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var container = builder.AddContainer("c", "redis").WithHttpEndpoint(targetPort: 80).WithHttpHealthCheck("/up", 204);

        Assert.Equal("c_http_/up_204_check", Assert.Single(container.Resource.Annotations.OfType<HealthCheckAnnotation>()).Key);
        Assert.Throws<DistributedApplicationException>(() => container.WithHealthCheck("c_http_/up_204_check"));
    }

    [Fact]
    public async Task HealthCheck_ThatIsNotRegistered_EndsTheStartWithASentence()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("worker", "exec sleep 600").WithHealthCheck("unheard_of");
        await using var app = await builder.BuildAsync(TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("'unheard_of' of the resource 'worker'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ProjectClasses_OfTheApplicationHost_FollowTheNamingRule()
    {
        IProjectMetadata registry = new Projects.RankMyBrand_Registry();

        Assert.EndsWith("RankMyBrand.Registry.csproj", registry.ProjectPath, StringComparison.Ordinal);
        Assert.True(registry.SuppressBuild);
        Assert.True(File.Exists(registry.ProjectPath));
        Assert.EndsWith("RankMyBrand.AppHost", Projects.RankMyBrand_AppHost.ProjectPath, StringComparison.Ordinal);
        Assert.Empty(typeof(Projects.RankMyBrand_AppHost).GetConstructors());
    }

    [Fact]
    public async Task Project_ThatIsNotBuilt_FailsAndSaysHowToBuildIt()
    {
        using var directory = new TemporaryDirectory();
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddProject("api", Path.Combine(directory.Path, "Api.csproj"));
        await using var app = await builder.StartAsync();

        await app.StateAsync("api", KnownResourceStates.FailedToStart);

        Assert.Contains("dotnet build", await app.LineAsync("api", "has not been built"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CustomResource_OfAContainerType_HasItsConnectionString()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("Parameters:vault-key=k");
        var vault = builder.AddResource(new VaultResource("vault", builder.AddParameter("vault-key").Resource))
            .WithImage("vault").WithHttpEndpoint(targetPort: 8200)
            .WithEndpoint("http", e => e.AllocatedEndpoint = new AllocatedEndpoint(e, "localhost", 9000));
        IResourceWithConnectionString connection = vault.Resource;

        Assert.Equal("Endpoint=http://localhost:9000;Key=k", await connection.GetConnectionStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("{vault.connectionString}", ((IManifestExpressionProvider)vault.Resource).ValueExpression);
    }

    private sealed class VaultResource(string name, ParameterResource key) : ContainerResource(name), IResourceWithConnectionString
    {
        public ReferenceExpression ConnectionStringExpression =>
            ReferenceExpression.Create($"Endpoint={new EndpointReference(this, "http")};Key={key}");
    }
}
