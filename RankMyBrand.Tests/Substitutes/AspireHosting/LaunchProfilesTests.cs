using Aspire.Hosting;
using Aspire.Hosting.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class LaunchProfilesTests
{
    public static TheoryData<string> ProjectPaths =>
        [new Projects.RankMyBrand_EventProcessor().ProjectPath, new Projects.RankMyBrand_Registry().ProjectPath];

    [Theory]
    [MemberData(nameof(ProjectPaths))]
    public async Task ApplicationUrl_OfAService_CanBeListenedOn(string projectPath)
    {
        var profile = Assert.Single(LaunchProfiles.Read(Path.GetDirectoryName(projectPath)!)!.Profiles).Value;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(profile.ApplicationUrl!);
        await using var app = builder.Build();

        await app.StartAsync(TestContext.Current.CancellationToken);

        Assert.NotEmpty(app.Urls);
    }
}
