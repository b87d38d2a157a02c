using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;
using RankMyBrand.Tests.ServiceDefaults;
using static RankMyBrand.Tests.Foundation.Events.SourcingDatabase;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class ConflictAnswerTests(SourcingDatabase sourcing) : IClassFixture<SourcingDatabase>
{
    private readonly StreamId _stream = new("acme", $"brand-{Guid.NewGuid()}");

    [Fact]
    public async Task Conflict_InAnEndpoint_IsAnsweredWithTheCurrentVersion()
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(4), TestContext.Current.CancellationToken);
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/{version:long}", async (long version, CancellationToken stop) =>
                (await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Exactly(version), NewEvents(1), stop)).LastVersion),
            builder => builder.AddProblem<VersionConflictException>(
                conflict => Problem.Create(ProblemCode.Conflict, conflict.Message)));

        var (refused, problem) = await service.GetJsonAsync("/3");
        var (taken, last) = await service.GetJsonAsync("/4");

        Assert.Equal(System.Net.HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal("CONFLICT", problem.GetProperty("code").GetString());
        Assert.Equal(
            $"The stream '{_stream}' was expected to have version 3 but has version 4. Read it again and retry.",
            problem.GetProperty("detail").GetString());
        Assert.True(taken.IsSuccessStatusCode);
        Assert.Equal(5, last.GetInt64());
    }
}
