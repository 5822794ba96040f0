package io.faultline.fs.above.files;

import io.faultline.fs.above.FsGateway;
import io.faultline.fs.below.BlockBytes;
import io.faultline.fs.below.Downward;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.http.BodyLimit;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The beans of the files' interface; as all of this service their names begin with fs. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(FileSettings.class)
public class FileConfiguration {

  @Bean
  BlockBytes fsBlockBytes(ServiceUrls urls, ServiceCalls calls) {
    return new BlockBytes(urls, calls);
  }

  @Bean
  FileChanges fsFileChanges(FsGateway fsGateway, BlockBytes fsBlockBytes) {
    return new FileChanges(fsGateway, fsBlockBytes);
  }

  @Bean
  FileController fsFileController(
      FsGateway fsGateway,
      FileChanges fsFileChanges,
      BlockBytes fsBlockBytes,
      ServiceUrls urls,
      ServiceCalls calls,
      FileSettings settings) {
    FileReader reader = new FileReader(fsGateway, fsBlockBytes);
    return new FileController(
        fsGateway,
        new FileDownload(fsGateway, reader, settings.chunkBytes()),
        new FileWriter(fsFileChanges, settings.chunkBytes()),
        new Layouts(fsGateway, new Downward(urls, calls)),
        new Turns(settings.transfers()));
  }

  @Bean
  FileActionController fsFileActionController(FsGateway fsGateway, FileChanges fsFileChanges) {
    return new FileActionController(fsGateway, fsFileChanges);
  }

  @Bean
  BodyLimit fsFileBodyLimit(FileSettings settings) {
    return new BodyLimit(
        "PUT",
        "/v1/hosts/{host}/filesystems/{filesystem}/files/{*path}",
        settings.maxBody().toBytes());
  }
}
