using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using RankMyBrand.Tests.Substitutes.AspireHosting;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class LostPasswordTests(LocalServerFixture servers) : IClassFixture<LocalServerFixture>
{
    [Fact]
    public async Task Postgres_DataOfAnotherPassword_SaysSoAndWhatToDo()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Local servers need root.");
        var volume = servers.NewVolume("/data").Source!;
        await using (var builder = CreateBuilder(volume, "the-first-password"))
        await using (var first = await builder.StartAsync())
            await first.HealthyAsync("store");

        await using var later = CreateBuilder(volume, "another-password");
        await using var second = await later.StartAsync();
        var unhealthy = await second.EventAsync(
            "store",
            snapshot => snapshot.HealthReports.Any(report => report.Description?.Contains("password", StringComparison.Ordinal) == true));

        Assert.Equal(
            "password authentication failed for user \"postgres\": the data of 'store' were made with another password; "
            + "set Parameters__store_password to that one, or delete the data with '-- reset'.",
            Assert.Single(unhealthy.Snapshot.HealthReports).Description);
    }

    private static IDistributedApplicationTestingBuilder CreateBuilder(string volume, string password)
    {
        var builder = DistributedApplicationTestingBuilder.Create(
            "ASPIRE_CONTAINER_RUNTIME=none", $"Parameters:store-password={password}");
        builder.AddPostgres("store").WithDataVolume(volume);
        return builder;
    }
}
